"""The server learns by itself: a training beside it, a model that takes over because it is better, and the way back."""

import json
import threading

import pytest

from load import Load
from server import API, Server, wait_until
from test_learning import leads, run, stamp, succeeded, write
from nodes import address  # noqa: F401 (a fixture)
from test_two_nodes import next_event, stream

LEADS = 2_000
# Scores a second beside a training: what leaves a core of two some room.
RATE = 20


@pytest.fixture(scope="module")
def closings(tmp_path_factory):
    rows = [row for seed in range(4) for row in leads(seed)]
    for number, row in enumerate(rows):
        row["lead_id"] = f"past {number}"
    return write(tmp_path_factory.mktemp("closings") / "closings.csv", rows[:LEADS])


@pytest.fixture(params=["file", "postgres"])
def server(request, binary, closings, tmp_path):
    arguments, database = (), None
    if request.param == "postgres":
        database = request.getfixturevalue("address")
        arguments = ("--database", database)
        # The tables are made by the first start.
        Server(binary, tmp_path / "data", arguments=arguments).start().stop()
    store = () if database else ("--data", str(tmp_path / "data"))
    told = succeeded(run(binary, "backfill", closings, "--time", "created_at", "--json", *store, database=database))
    assert told["scored"] == LEADS
    own = Server(binary, tmp_path / "data", arguments=arguments).start()
    yield own
    own.stop()


def states(server) -> dict:
    return {entry["model"]["sha256"]: entry["state"] for entry in server.get(API + "/models").json["models"]}


def test_a_model_is_learned_beside_the_server_takes_over_and_goes_back(server):
    lead = {"lead_id": "now", "message": "Hello. We are cash buyers. We must move asap, this month."}
    first = server.score(**lead)
    prior = first["model"]["sha256"]
    stored = server.get(API + "/score/now?as_of=" + first["scored_at"]).body
    quiet = Load(server.port, 2, rate=RATE).run(4)

    load = Load(server.port, 2, rate=RATE)
    thread = threading.Thread(target=load.run, args=(240,))
    with stream(server, "model_status") as socket:
        assert server.post(API + "/models/train", {}).status == 202
        thread.start()
        try:
            wait_until(lambda: training(server)["state"] == "training", "a training begins", 30)
            news = [next_event(socket, seconds=240)["data"]]
            while news[-1]["state"] != "promoted":
                news.append(next_event(socket, seconds=60)["data"])
        finally:
            load.stopping = True
            thread.join(60)
    # That the prior had promised otherwise than it came, the new model, that it takes over; and, for the load is like no
    # population, maybe that what comes in has moved.
    told = [item["state"] for item in news if "drift" not in item]
    assert told == ["drift", "challenger", "promoted"], news
    missed = next(item for item in news if "calibration" in item)
    assert missed["calibration"]["verdict"] in ("watch", "act") and "promised" in missed["message"]
    comparison = news[-1]["comparison"]
    assert comparison["verdict"] == "better" and comparison["interval_90"][1] < 0, comparison
    assert news[-1]["previous_sha256"] == prior
    learned = news[-1]["model"]["sha256"]
    assert states(server) == {learned: "champion", prior: "retired"}
    # Before and after: the machine may have become slower meanwhile for reasons of its own.
    after = Load(server.port, 2, rate=RATE).run(4)
    before = max(quiet.quantile(0.5), after.quantile(0.5)) * 1_000
    during = load.quantile(0.5) * 1_000
    print(f"\na score beside a training: median {during:.1f} ms, without {before:.1f}; p99 {load.quantile(0.99) * 1_000:.1f}, "
          f"without {quiet.quantile(0.99) * 1_000:.1f}; better by {-comparison['log_loss_difference']:.4f} "
          f"{comparison['interval_90']} on {comparison['rows']} leads")
    assert set(load.statuses()) == {200}
    assert during < 3 * before + 20

    status = server.get(API + "/model/status").json
    assert status["kind"] == "learned" and status["training"]["failure"] is None
    # What the new model promises nobody can check yet.
    assert status["training"]["calibration"] is None and status["trial"] is None
    # A change of model is told with the next score, and what was said before it is replayed as it was, bit for bit.
    again = server.score(**lead)
    assert again["model"]["sha256"] == learned and not again["cache_hit"]
    assert again["change"]["because"][0] == "The model changed."
    assert server.get(API + "/score/now?as_of=" + first["scored_at"]).body == stored
    # Nothing is new, so nothing is learned, and going back is one call.
    rolled = server.post(API + f"/models/{learned}/rollback", {})
    assert rolled.status == 200 and rolled.json["state"] == "rolled_back"
    assert server.score("back")["model"]["sha256"] == prior
    assert server.get(API + "/score/now?as_of=" + first["scored_at"]).body == stored
    # A restart serves what was chosen last.
    server.stop()
    server.start()
    assert server.score("after")["model"]["sha256"] == prior


def training(server) -> dict:
    return server.get(API + "/model/status").json["training"]


def test_a_training_without_enough_outcomes_says_what_is_missing(binary, tmp_path):
    server = Server(binary, tmp_path / "data").start()
    try:
        server.score("alone", message="Budget $450k")
        with stream(server, "model_status") as socket:
            assert server.post(API + "/models/train", {}).status == 202
            data = next_event(socket, seconds=60)["data"]
        assert data["state"] == "training_failed" and "are needed" in data["message"], data
        status = server.get(API + "/model/status").json
        assert status["training"]["failure"] == data["message"] and status["kind"] == "prior"
    finally:
        server.stop()
