"""`leadwire serve --redis redis://...`: what it says when it can't start, and that scoring goes on when Redis does not."""

import os
import signal
import subprocess
import time
import urllib.parse

import pytest

from conftest import missing
from server import API, Server, free_port, request, wait_until


@pytest.fixture
def address() -> str:
    """The server that scripts/redis-test-server.sh started."""
    given = os.environ.get("LEADWIRE_TEST_REDIS", "")
    if not given:
        missing("LEADWIRE_TEST_REDIS, a server's address,")
    return given


class Redis:
    """A server of one test's own, which the test may stop and kill."""

    def __init__(self, program: str):
        self.program, self.port, self.process = program, free_port(), None
        self.address = f"redis://127.0.0.1:{self.port}"

    def start(self) -> "Redis":
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        wait_until(lambda: self.cli("PING") == "PONG", "Redis answers")
        return self

    def cli(self, *words: str) -> str:
        command = ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=15)


@pytest.fixture
def redis(address, tool):
    running = Redis(tool("redis-server")).start()
    yield running
    running.kill()


def serve(binary: str, *arguments: str) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LEADWIRE_")}
    return subprocess.run(
        [binary, "serve", "--port", "0", *arguments], capture_output=True, text=True, timeout=30, env=environment,
        cwd="/")


def test_the_password_is_shown_nowhere(binary, address, tmp_path):
    password = urllib.parse.urlsplit(address).password
    printed = serve(binary, "--redis", address, "--print-config")
    assert printed.returncode == 0 and "leadwire:***@" in printed.stdout
    server = Server(binary, tmp_path / "data", arguments=("--redis", address)).start()
    health = wait_until(
        lambda: (answer := server.get("/health").json)["cache_status"]["status"] == "available" and answer, "it is used")
    assert health["status"] == "healthy"
    server.stop()
    assert "leadwire:***@" in server.tail()
    assert password not in printed.stdout + printed.stderr + server.tail()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("redis://ann:secret@h:port", "port is not a number"), ("http://ann:secret@h", "neither redis:// nor rediss://"),
        ("redis://ann:sec/ret@h", "percent-encoded"), ("redis://ann:secret@h/x", "number of a database"),
        ("rediss://ann:secret@h?cafil=/x", "no option is called cafil"),
        ("rediss://ann:secret@h?cafile=/nowhere.pem", "can't be read from /nowhere.pem"),
    ])
def test_what_is_wrong_with_an_address_is_named(binary, text, hint, tmp_path):
    refused = serve(binary, "--redis", text, "--data", str(tmp_path / "data"))
    assert refused.returncode == 2 and hint in refused.stderr, refused.stderr
    assert "secret" not in refused.stderr and "sec/ret" not in refused.stderr


def test_two_nodes_share_what_either_has_computed_and_what_is_erased(binary, redis, tmp_path):
    lead = {"lead_id": "shared 1", "message": "Budget $450k"}
    nodes = [Server(binary, tmp_path / name, arguments=("--redis", redis.address)).start() for name in ("one", "two")]
    try:
        wait_until(lambda: all(
            node.get("/health").json["cache_status"]["status"] == "available" for node in nodes), "both use it")
        first = nodes[0].post(API + "/score", lead).json
        second = nodes[1].post(API + "/score", lead).json
        assert not first["cache_hit"] and second["cache_hit"] and second["ml_score"] == first["ml_score"]
        assert nodes[0].request("DELETE", API + "/leads/shared%201").status == 200
        assert redis.cli("KEYS", "lw1:*:c:*") == ""
        assert not nodes[1].post(API + "/score", lead).json["cache_hit"]
    finally:
        for node in nodes:
            node.stop()


@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_scoring_goes_on_while_redis_is_away_and_health_says_so(binary, redis, tmp_path, way):
    server = Server(binary, tmp_path / "data", arguments=("--redis", redis.address)).start()

    def cache() -> dict:
        return server.get("/health").json["cache_status"]

    try:
        wait_until(lambda: cache()["status"] == "available", "it is used")
        server.score("before")
        if way == "killed":
            redis.kill()
        else:
            redis.process.send_signal(signal.SIGSTOP)
        slowest = 0.0
        for number in range(50):
            started = time.monotonic()
            answer = server.score(f"away {number}", message="Budget $450k")
            slowest = max(slowest, time.monotonic() - started)
            assert not any("cache_unavailable" in warning for warning in answer["warnings"])
        assert slowest < 2
        assert server.score("away 1", message="Budget $450k")["cache_hit"], "memory serves meanwhile"
        health = server.get("/health").json
        assert health["status"] == "degraded" and health["cache_status"]["status"] == "unavailable"
        assert health["cache_status"]["error"].startswith("redis_"), health["cache_status"]
        assert server.get("/health/ready").status == 200
        if way == "killed":
            redis.start()
        else:
            redis.process.send_signal(signal.SIGCONT)
        wait_until(lambda: cache()["status"] == "available", "it is used again", 20)
        server.score("after", message="Budget $450k")
        wait_until(lambda: redis.cli("DBSIZE") != "0", "the cache is shared again", 20)
    finally:
        server.stop()
