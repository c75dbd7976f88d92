"""`leadwire serve --database postgres://...`: what it says when it can't start, and what it survives when it runs."""

import os
import signal
import time
import urllib.parse

import pytest

from nodes import address, psql  # noqa: F401 (a fixture)
from server import API, PATIENCE, Server, request, serve, wait_until


def test_the_password_is_shown_nowhere(binary, address, tmp_path):
    password = urllib.parse.urlsplit(address).password
    printed = serve(binary, "--database", address, "--print-config")
    assert printed.returncode == 0 and "postgres:***@" in printed.stdout
    server = Server(binary, tmp_path / "data", arguments=("--database", address)).start()
    server.stop()
    assert "postgres:***@" in server.tail()
    assert password not in printed.stdout + printed.stderr + server.tail()


@pytest.mark.parametrize(
    ("change", "hint", "code"),
    [
        (lambda url: url.replace(f":{urllib.parse.urlsplit(url).password}@", ":wrong@"), "the password is wrong", 1),
        (lambda url: url.replace("/live_", "/nowhere_"), "does not exist", 1),
        (lambda url: "postgres://127.0.0.1:1/leads", "is the server started", 1),
        (lambda url: url.replace("sslmode=", "sslmood="), "no option is called sslmood", 2),
        (lambda url: "mysql" + url.removeprefix("postgres"), "neither postgres://... nor sqlite:FILE", 2),
    ])
def test_what_is_wrong_with_a_database_is_named(binary, address, change, hint, code):
    refused = serve(binary, "--database", change(address))
    assert refused.returncode == code and hint in refused.stderr, refused.stderr
    assert urllib.parse.urlsplit(address).password not in refused.stderr


def test_scores_survive_the_server_and_an_outage_answers_503_until_it_is_over(binary, address, tmp_path):
    server = Server(binary, tmp_path / "data", arguments=("--database", address)).start()
    try:
        first = request(server.base, "POST", API + "/score", {"lead_id": "pg 1", "message": "Budget $450k"})
        assert first.status == 200
        server.signal(signal.SIGKILL)
        server.exit_code()
        server.start()
        again = request(server.base, "GET", API + "/score/pg%201")
        assert again.json["ml_score"] == first.json["ml_score"]
        assert not (tmp_path / "data" / "leadwire.sqlite").exists()

        given, name = os.environ["LEADWIRE_TEST_POSTGRES"], urllib.parse.urlsplit(address).path[1:]
        psql(given, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        psql(given, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'")
        started = time.monotonic()
        refused = request(server.base, "POST", API + "/score", {"lead_id": "pg 2", "message": "Budget $450k"})
        assert refused.status == 503 and refused.headers["Retry-After"]
        assert refused.json["error"] == "store_unavailable" and time.monotonic() - started < 5 * PATIENCE
        assert request(server.base, "GET", "/health/live").status == 200
        assert request(server.base, "GET", "/health/ready").status == 503
        assert request(server.base, "GET", "/health").json["database_status"]["status"] == "unavailable"

        psql(given, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        score = {"lead_id": "pg 2", "message": "Budget $450k"}
        wait_until(lambda: request(server.base, "POST", API + "/score", score).status == 200, "it scores again", 30)
        wait_until(lambda: request(server.base, "GET", "/health/ready").status == 200, "it is ready again")
        assert psql(address, "SELECT count(*) FROM leadwire.leads WHERE lead_id LIKE 'pg %'") == "2"
    finally:
        server.stop()
