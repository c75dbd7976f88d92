"""`DELETE /leads/{id}` when the store can't take the last of its bytes away yet: what is in memory goes all the same."""

import contextlib
import json
import sqlite3

from websockets.sync.client import connect

from server import API, TOKEN, wait_until

SCORE = {"message": "We want to buy in Austin by March, budget $450k"}


def replayed(server) -> list[str]:
    """The leads of all events, as a client gets them that resumes from the beginning."""
    epoch = server.get(API + "/events/history?limit=1").json["next"].split(":")[0]
    with connect(f"ws://localhost:{server.port}{API}/ws/live-scores", additional_headers=TOKEN) as socket:
        socket.send(json.dumps({"type": "subscribe", "events": ["*"], "since": {"epoch": epoch, "offset": 0}}))
        seen = []
        while not seen or seen[-1].get("type") != "hb":
            seen.append(json.loads(socket.recv(timeout=15)))
    return [message["data"]["lead_id"] for message in seen if message.get("event_type") == "lead_scored"]


def test_a_lead_whose_old_pages_another_program_still_reads_is_forgotten_everywhere_else(own_server):
    for lead in ("gone", "stays"):
        own_server.score(lead, **SCORE)
    assert replayed(own_server) == ["gone", "stays"]
    with contextlib.closing(sqlite3.connect(own_server.data / "leadwire.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM leads").fetchone() == (2,)
        refused = own_server.request("DELETE", API + "/leads/gone", timeout=60)
        assert refused.status == 503 and refused.headers["Retry-After"], refused.body
        assert "is erased" in refused.json["message"] and refused.json["retryable"] is True
        assert own_server.get(API + "/score/gone").status == 404
        assert replayed(own_server) == ["stays"]
        reader.execute("COMMIT")
    # The next write cuts the log, and the repeat that was asked for says that there is nothing left.
    wait_until(lambda: own_server.request("DELETE", API + "/leads/gone", timeout=60).status == 404, "nothing is left")
    files = own_server.data.glob("leadwire.sqlite*")
    assert not any(b'"gone"' in path.read_bytes() for path in files)
    assert not own_server.score("gone", **SCORE)["cache_hit"]
