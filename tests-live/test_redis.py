"""`leadwire serve --redis redis://...`: what it says when it can't start, and that scoring goes on when Redis does not."""

import itertools
import os
import statistics
import time
import urllib.parse

import pytest

from conftest import missing
from nodes import own_redis  # noqa: F401 (a fixture)
from server import API, Server, serve, wait_until


@pytest.fixture
def address() -> str:
    """The server that scripts/redis-test-server.sh started."""
    given = os.environ.get("LEADWIRE_TEST_REDIS", "")
    if not given:
        missing("LEADWIRE_TEST_REDIS, a server's address,")
    return given


def test_the_password_is_shown_nowhere(binary, address, tmp_path):
    password = urllib.parse.urlsplit(address).password
    printed = serve(binary, "--redis", address, "--print-config")
    assert printed.returncode == 0 and "leadwire:***@" in printed.stdout
    server = Server(binary, tmp_path / "data", arguments=("--redis", address)).start()
    health = wait_until(
        lambda: (answer := server.get("/health").json)["cache_status"]["status"] == "available" and answer, "it is used")
    wait_until(lambda: server.get("/health").json["status"] == "healthy", "all is well")
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


def test_servers_with_stores_of_their_own_do_not_answer_from_each_others_scores(binary, own_redis, tmp_path):
    lead = {"lead_id": "shared 1", "message": "Budget $450k"}
    servers = [Server(binary, tmp_path / name, arguments=("--redis", own_redis.address)).start() for name in ("one", "two")]
    try:
        wait_until(lambda: all(
            server.get("/health").json["cache_status"]["status"] == "available" for server in servers), "both use it")
        for server in servers:
            assert not server.post(API + "/score", lead).json["cache_hit"]
            assert server.post(API + "/score", lead).json["cache_hit"]
            assert len(server.get(API + "/score/shared%201/history").json["scores"]) == 1
        assert servers[0].request("DELETE", API + "/leads/shared%201").status == 200
        wait_until(lambda: own_redis.command("KEYS", "lw1:*:c:*") == "", "the lead's entry is gone")
    finally:
        for server in servers:
            server.stop()


@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_scoring_goes_on_while_redis_is_away_and_health_says_so(binary, own_redis, tmp_path, way):
    server = Server(binary, tmp_path / "data", arguments=("--redis", own_redis.address)).start()

    def cache() -> dict:
        return server.get("/health").json["cache_status"]

    try:
        wait_until(lambda: cache()["status"] == "available", "it is used")
        server.score("before")
        if way == "killed":
            own_redis.kill()
        else:
            own_redis.pause()
        waits = []
        for number in range(50):
            started = time.monotonic()
            answer = server.score(f"away {number}", message="Budget $450k")
            waits.append(time.monotonic() - started)
            assert not any("cache_unavailable" in warning for warning in answer["warnings"])
        assert statistics.median(waits) < 0.5
        assert server.score("away 1", message="Budget $450k")["cache_hit"], "memory serves meanwhile"
        wait_until(lambda: server.get("/health").json["status"] == "degraded", "health says so")
        found = wait_until(lambda: (found := cache())["status"] == "unavailable" and found, "and of what")
        assert found["error"].startswith("redis_") or way == "stopped" and found["error"] == "deadline", found
        wait_until(lambda: server.get("/health/ready").status == 200, "it is ready all the same")
        if way == "killed":
            own_redis.start()
        else:
            own_redis.resume()
        wait_until(lambda: cache()["status"] == "available", "it is used again")
        serial = itertools.count()

        def is_shared() -> bool:
            server.score(f"after {next(serial)}", message="Budget $450k")
            return own_redis.command("KEYS", "lw1:*:c:*") != ""

        wait_until(is_shared, "the cache is shared again")
    finally:
        server.stop()
