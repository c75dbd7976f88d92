"""From closings to a model: `backfill`, outcomes, and `train --from-store` beside a running server, over both stores."""

import csv
import datetime
import json
import math
import os
import random
import subprocess

import pytest

from nodes import address  # noqa: F401 (a fixture)
from server import API, Server, request, wait_until

LEADS = 600
DAYS = 300
WINDOW = 90
# An hour ago, so that nothing lies in the future whatever the clocks say.
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(hours=1)

BUDGETS = [("", 0.0), ("Our budget is around $450k. ", 0.5), ("We can pay exactly $525,000. ", 0.9)]
FINANCING = [("", 0.0), ("We still need financing. ", -0.9), ("We are pre-approved by our bank. ", 1.3),
             ("We are cash buyers. ", 1.8)]
URGENCY = [("No rush, just looking. ", -1.3), ("Maybe some day. ", -0.7), ("We must move asap, this month. ", 1.2)]


def stamp(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def leads(seed: int = 7) -> list[dict]:
    """Leads whose words say how likely they are to be won; a third of the losses are told, the others stay silent."""
    dice = random.Random(seed)
    rows = []
    for number in range(LEADS):
        parts = [dice.choice(part) for part in (BUDGETS, FINANCING, URGENCY)]
        log_odds = -2.6 + sum(weight for _, weight in parts)
        came = NOW - datetime.timedelta(seconds=dice.randrange(DAYS * 86_400))
        row = {"lead_id": f"past {number}", "message": "Hello. " + "".join(text for text, _ in parts),
               "source": dice.choice(["website", "portal", "referral"]), "created_at": stamp(came),
               "outcome": "", "outcome_at": "", "value": ""}
        if dice.random() < 1 / (1 + math.exp(-log_odds)):
            outcome, after = "won", dice.uniform(2, 70)
        else:
            outcome, after = ("lost" if dice.random() < 0.34 else ""), dice.uniform(10, 80)
        ended = came + datetime.timedelta(days=after)
        if outcome and ended <= NOW:
            row |= {"outcome": outcome, "outcome_at": stamp(ended), "value": "28500" if outcome == "won" else ""}
        rows.append(row)
    return rows


def write(path, rows) -> str:
    with open(path, "w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    return str(path)


def run(binary: str, *arguments: str, database: str | None = None, seconds: float = 300):
    """The program with nothing of this environment but its path; a database's address goes by the environment."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LEADWIRE_", "PG"))}
    if database:
        environment["LEADWIRE_DATABASE"] = database
    return subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=seconds, env=environment, cwd="/")


def succeeded(done: subprocess.CompletedProcess) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def train(binary, out, *arguments, database=None, seconds=300) -> dict:
    return succeeded(run(
        binary, "train", "--from-store", "--as-of", stamp(NOW), "--budget", "1h", "--name", "learned", "--out", str(out),
        "--json", *arguments, database=database, seconds=seconds))


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    rows = leads()
    return rows, write(tmp_path_factory.mktemp("history") / "closings.csv", rows)


@pytest.fixture(scope="module")
def learned(binary, history, tmp_path_factory):
    """A file store, backfilled, with a server on it, and what training beside that server said."""
    _, path = history
    folder = tmp_path_factory.mktemp("learned")
    data = folder / "data"
    told = succeeded(run(binary, "backfill", path, "--data", str(data), "--time", "created_at", "--json"))
    server = Server(binary, data).start()
    yield server, told, train(binary, folder / "a.leadwire", "--data", str(data)), folder
    server.stop()


def test_a_backfill_stores_scores_as_of_their_moment_and_nobody_hears_of_it(history, learned):
    rows, _ = history
    server, told, _, _ = learned
    assert (told["rows"], told["scored"], told["already_stored"], told["bad"]) == (LEADS, LEADS, 0, 0)
    won = sum(row["outcome"] == "won" for row in rows)
    assert told["outcomes"]["won"] == won
    print(f"{LEADS} leads in {told['seconds']} s")
    assert server.get(API + "/model/status").json["outcomes"]["won"] == won
    assert server.get(API + "/leads?needs_review=true").json["leads"] == []
    row = rows[3]
    path = API + "/score/" + row["lead_id"].replace(" ", "%20")
    then = server.get(path + "?as_of=" + row["created_at"]).json
    assert then["scored_at"] == row["created_at"] and any("backfilled" in text for text in then["warnings"])
    before = (datetime.datetime.fromisoformat(row["created_at"]) - datetime.timedelta(seconds=1))
    assert server.get(path + "?as_of=" + stamp(before)).status == 404
    # The model that made the scores is kept with them, and serves only if it was asked for.
    assert then["model"]["sha256"] == told["model"]
    # The same words scored now, by the same model, are the same figures.
    now = server.score("again", message=row["message"], source=row["source"])
    assert now["model"]["sha256"] == then["model"]["sha256"]


def test_training_beside_a_server_counts_every_lead_and_leaves_open_ones_out(history, learned):
    rows, _ = history
    _, _, told, _ = learned
    window = datetime.timedelta(days=WINDOW)
    expected = {"won": 0, "lost": 0, "no_win_in_window": 0, "censored": 0}
    for row in rows:
        came = datetime.datetime.fromisoformat(row["created_at"])
        if row["outcome"]:
            expected[row["outcome"]] += 1
        else:
            expected["no_win_in_window" if came + window <= NOW else "censored"] += 1
    labels = told["labels"]
    assert {name: labels[name] for name in expected} == expected and expected["censored"] > 50
    assert labels["leads"] == LEADS and labels["scores_already_resolved"] == 0
    assert told["rows"] == LEADS - expected["censored"]
    # Winners are heard of first, so the labels promise too much, and the probabilities were moved down.
    assert told["base_rate_estimated"] < told["base_rate_observed"] and told["log_odds_shift"] < 0
    assert told["holdout"]["kind"] == "newest" and told["holdout"]["windows_have_ended"]
    assert told["holdout"]["to"] <= stamp(NOW - window)
    print("AUC", told["holdout"]["auc"], told["holdout"]["intervals_90"]["auc"])
    assert told["holdout"]["auc"] > 0.65


def test_the_model_serves_and_its_card_says_what_was_done(binary, learned, tmp_path):
    _, _, told, folder = learned
    card = json.loads(run(binary, "models", str(folder), "--json").stdout)[0]["card"]
    notes = " ".join(card["notes"])
    assert "for their window is open" in notes and "measured before" in notes and "trained again on all" in notes
    assert card["settings"]["label_window"] == "90d"
    server = Server(binary, tmp_path / "data", arguments=("--model", str(folder / "a.leadwire"))).start()
    try:
        hot = server.score("h", message="Hello. We can pay exactly $525,000. We are cash buyers. We must move asap, this month.")
        cold = server.score("c", message="Hello. We still need financing. No rush, just looking.")
        assert hot["model"]["sha256"] == told["sha256"]
        assert hot["conversion_probability"] > 2 * cold["conversion_probability"]
    finally:
        server.stop()


def test_both_stores_give_the_same_model(binary, history, learned, address, tmp_path):
    _, path = history
    _, _, told, _ = learned
    server = Server(binary, tmp_path / "data", arguments=("--database", address)).start()
    try:
        # A database takes a backfill beside its servers, and a second one stores nothing twice.
        first = succeeded(run(binary, "backfill", path, "--time", "created_at", "--json", database=address))
        again = succeeded(run(binary, "backfill", path, "--time", "created_at", "--json", database=address))
        assert (first["scored"], again["scored"], again["already_stored"]) == (LEADS, 0, LEADS)
        print(f"PostgreSQL: {LEADS} leads in {first['seconds']} s, again in {again['seconds']} s")
        other = train(binary, tmp_path / "b.leadwire", database=address)
        assert other["sha256"] == told["sha256"] and other["labels"] == told["labels"]
        status = request(server.base, "GET", API + "/model/status").json
        assert status["outcomes"]["won"] == first["outcomes"]["won"]
    finally:
        server.stop()


def test_the_background_gives_the_same_model(binary, history, tmp_path):
    """Few leads: the lowest priority gets next to nothing of a machine that others keep busy."""
    rows, _ = history
    data = str(tmp_path / "data")
    succeeded(run(binary, "backfill", write(tmp_path / "few.csv", rows[:250]), "--data", data, "--time", "created_at", "--json"))
    usual = train(binary, tmp_path / "usual.leadwire", "--data", data, "--holdout", "0")
    quiet = train(binary, tmp_path / "quiet.leadwire", "--data", data, "--holdout", "0", "--background", seconds=900)
    assert quiet["sha256"] == usual["sha256"] and quiet["holdout"] == {"kind": "none"}


def test_a_challenger_is_compared_with_a_champion(binary, learned, tmp_path):
    _, _, told, folder = learned
    compared = train(
        binary, tmp_path / "c.leadwire", "--data", str(folder / "data"), "--against", str(folder / "a.leadwire"))
    against = compared["against"]
    assert against["sha256"] == told["sha256"] and against["rows_it_may_have_seen"] > 0
    assert against["comparison"]["rows"] == told["holdout"]["rows"]
    assert against["comparison"]["verdict"] in ("worse", "undecided")


def test_a_served_file_takes_no_backfill_and_says_what_to_do(binary, history, learned):
    _, path = history
    server, _, _, folder = learned
    refused = run(binary, "backfill", path, "--data", str(folder / "data"), "--time", "created_at")
    assert refused.returncode == 1 and "stop the server" in refused.stderr, refused.stderr
    wait_until(lambda: server.get("/health/ready").status == 200, "the server goes on")


def test_bad_rows_are_named_and_do_not_stop_the_rest(binary, tmp_path):
    rows = [
        {"lead_id": "good", "message": "hi", "at": stamp(NOW)},
        {"lead_id": "", "message": "hi", "at": stamp(NOW)},
        {"lead_id": "late", "at": "soon"},
        {"lead_id": "ended", "at": stamp(NOW), "outcome": "won", "outcome_at": "2020-01-01"},
        {"lead_id": "also good", "at": "2026-01-05", "outcome": "lost", "outcome_at": "2026-02-01"},
    ]
    file = tmp_path / "rows.ndjson"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows[:2]) + "\nnot json\n"
                    + "".join(json.dumps(row) + "\n" for row in rows[2:]))
    done = run(binary, "backfill", str(file), "--data", str(tmp_path / "data"), "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and (told["scored"], told["bad"], told["outcomes"]["lost"]) == (2, 4, 1)
    named = [(problem["line"], problem["field"]) for problem in told["problems"]]
    assert named == [(2, "lead_id"), (4, "row"), (5, "at"), (6, "outcome_at")]
    again = run(binary, "backfill", str(file), "--data", str(tmp_path / "data"), "--json")
    assert json.loads(again.stdout)["already_stored"] == 2


def test_a_quote_that_is_never_closed_is_one_bad_row_and_what_came_before_it_is_stored(binary, tmp_path):
    file = tmp_path / "open.csv"
    file.write_text(f'lead_id,message,at\ngood,hi,{stamp(NOW)}\nopen,"hi,{stamp(NOW)}\nswallowed,hi,{stamp(NOW)}\n')
    done = run(binary, "backfill", str(file), "--data", str(tmp_path / "data"), "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["scored"], told["bad"]) == (1, 1)
    assert [(problem["line"], problem["field"]) for problem in told["problems"]] == [(3, "row")]


@pytest.mark.parametrize(
    ("arguments", "hint", "code"),
    [
        (("--data", "/nowhere/at/all"), "there is no store", 1),
        (("--data", "DATA"), "5 more won and 4 more others are needed", 1),
        (("--data", "DATA", "--label-window", "soon"), "write 90d", 2),
        (("--data", "DATA", "--label", "won"), "with --from-store the label is", 2),
    ])
def test_what_keeps_a_training_from_the_store_is_said(binary, tmp_path, arguments, hint, code):
    file = tmp_path / "one.ndjson"
    file.write_text(json.dumps({"lead_id": "one", "at": "2026-01-05"}) + "\n")
    succeeded(run(binary, "backfill", str(file), "--data", str(tmp_path / "data"), "--json"))
    given = [str(tmp_path / "data") if text == "DATA" else text for text in arguments]
    done = run(binary, "train", "--from-store", "--out", str(tmp_path / "x.leadwire"), *given)
    assert done.returncode == code and hint in done.stderr, done.stderr
    assert not (tmp_path / "x.leadwire").exists()
