"""The four commands of the contract's section 1, as they stand; only the port is another one."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

COMMANDS = r'''
curl -X POST http://localhost:8000/api/v1/ml/score \
  -H "Content-Type: application/json" -H "Authorization: Bearer test_token" \
  -d '{"lead_id": "test_123", "lead_data": {"name": "Test Lead"}}'

python -c "
import asyncio, websockets
async def test_ws():
    async with websockets.connect('ws://localhost:8000/api/v1/ml/ws/live-scores') as ws:
        await ws.send('{\"type\": \"subscribe\", \"events\": [\"lead_scored\"]}')
        print(await ws.recv())
asyncio.run(test_ws())"

curl http://localhost:8000/api/v1/ml/ws/metrics
curl http://localhost:8000/api/v1/ml/ws/connections
'''.strip("\n")
SCORE, LISTEN, REST = COMMANDS.split("\n\n")
METRICS, CONNECTIONS = REST.split("\n")


def run(command: str, server) -> str:
    """What the command prints. `python` is the interpreter of these tests: it has `websockets`."""
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command.replace(":8000/", f":{server.port}/")], capture_output=True, text=True, timeout=30,
        env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_are_those_of_the_contract():
    contract = pathlib.Path(__file__).resolve().parents[2] / "shared/API.md"
    if not contract.exists():
        pytest.skip("NOT RUN: the contract is not beside this repository")
    assert COMMANDS in contract.read_text()


def test_curl_scores_a_first_lead(server, tool):
    tool("curl")
    score = json.loads(run(SCORE, server))
    assert score["lead_id"] == "test_123"
    assert 0 <= score["ml_score"] <= 100 and 0 < score["conversion_probability"] < 1
    low, high = score["probability_interval"]
    assert low <= score["conversion_probability"] <= high
    assert score["classification"] in ("hot", "warm", "cold", "unqualified")
    assert abs(score["base_value"] + sum(score["shap_values"].values()) - score["margin"]) < 1e-5
    assert score["model"]["prior_weight"] == 1, "a fresh server serves the prior and says so"
    assert server.get("/api/v1/ml/score/test_123").json["ml_score"] == score["ml_score"], "it is stored"


def test_the_python_client_subscribes(server):
    reply = json.loads(run(LISTEN, server))
    assert reply["type"] == "subscription_updated"
    assert reply["subscriptions"] == ["lead_scored"] and reply["denied"] == []
    assert reply["epoch"] and isinstance(reply["offset"], int)


def test_curl_reads_the_metrics(server, tool):
    tool("curl")
    before = json.loads(run(METRICS, server))
    run(LISTEN, server)
    after = json.loads(run(METRICS, server))
    for name in ("active_connections", "average_latency_ms", "connection_duration_avg_seconds", "subscriptions",
                 "last_updated"):
        assert name in after
    assert after["total_messages_received"] >= before["total_messages_received"] + 1, "the subscribe was counted"
    assert after["total_messages_sent"] >= before["total_messages_sent"] + 1, "its answer was counted"


def test_curl_lists_the_connections(server, tool):
    tool("curl")
    assert isinstance(json.loads(run(CONNECTIONS, server))["connections"], list)


def test_what_kubernetes_says_of_services_is_no_setting(binary):
    """Beside services that are called leadwire and leadwire-redis, every pod finds these in its environment."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("LEADWIRE_", "PG"))}
    services = {
        "LEADWIRE_PORT": "tcp://10.0.0.1:8000", "LEADWIRE_PORT_8000_TCP_ADDR": "10.0.0.1",
        "LEADWIRE_REDIS_SERVICE_HOST": "10.0.0.2", "LEADWIRE_REDIS_PORT": "tcp://10.0.0.2:6379",
    }

    def printed(environment: dict) -> list[str]:
        done = subprocess.run(
            [binary, "serve", "--print-config"], capture_output=True, text=True, timeout=30, cwd="/",
            env={**own, **environment})
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    lines = printed(services)
    assert "port: 8000    # default" in lines and "redis:    # not set" in lines
    # The same name with a number is ours.
    assert "port: 8123    # LEADWIRE_PORT" in printed({**services, "LEADWIRE_PORT": "8123"})
