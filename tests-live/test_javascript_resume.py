"""The JavaScript client when connections break: what it resumes, what it says is lost, and when it stays away."""

import json
import random
import re
import signal

import pytest

from client_page import MODULE, broadcast, connections, driver, fresh, page  # noqa: F401 (driver and page are fixtures)
from faults import Cut
from server import API, wait_until

SEED = 20_261
CLOSE_CODES = MODULE.parents[2] / "Sources/Realtime/Protocol/CloseCode.swift"
# A socket that hears no heartbeats, and before the next message of the server what the test has laid into `early`.
MEDDLING_SOCKET = """WebSocket: class extends WebSocket {
    set onmessage(handler) {
        super.onmessage = handler && (event => {
            if (JSON.parse(event.data).type === "hb") return;
            for (const data of (window.early ?? []).splice(0)) handler({ data });
            handler(event);
        });
    }
}"""


def assert_every_offset_once_and_in_order(items: list[dict]) -> None:
    assert {item["type"] for item in items} == {"event"}, [item for item in items if item["type"] != "event"]
    offsets = [item["offset"] for item in items]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))


# Loss and resume


@pytest.mark.parametrize("delay", [0, 0.002])
def test_drops_at_random_points_lose_and_double_nothing(page, own_server, delay):
    source = random.Random(SEED)
    # Cut in place of any frame, or inside it; the reply to `subscribe` is a frame, too. Then one connection that lasts.
    cuts = [Cut(after=source.randrange(0, 6), inside=source.random() < 0.5) for _ in range(14)]
    page.live(events=["*"])
    page.proxy.delay = delay
    page.proxy.cuts.extend(cuts)
    page.proxy.cut()
    leads = [fresh("dropped") for _ in range(60)]
    for lead in leads:
        own_server.score(lead, message="We want to buy. Budget $400k." + "?" * source.randrange(400))
    items = page.items_until(page.mark())
    assert page.leads() == leads, f"seed {SEED}"
    assert_every_offset_once_and_in_order(items)
    assert not page.proxy.cuts, f"seed {SEED}: every cut was met"


def test_subscriptions_that_stand_at_different_places_resume_each_from_its_own(page, own_server):
    source = random.Random(SEED + 1)
    page.live(events=["lead_scored"], filter={"in": ["source", ["wanted"]]})
    page.ask('subscribe(["custom"])')
    page.proxy.cuts.extend(Cut(after=source.randrange(0, 8), inside=source.random() < 0.5) for _ in range(12))
    page.proxy.cut()
    leads, texts = [], []
    for number in range(80):
        if source.random() < 0.5:
            texts.append(page.mark())
        elif source.random() < 0.5:
            leads.append(fresh("wanted"))
            own_server.score(leads[-1], source="wanted")
        else:
            own_server.score(fresh("other"), source="elsewhere")
    page.items_until(last := page.mark())
    wait_until(lambda: len(page.leads()) >= len(leads), "all leads")
    items = page.items
    assert {item["type"] for item in items} == {"event"}
    assert page.leads() == leads, f"seed {SEED + 1}"
    assert [item["data"]["text"] for item in items if item["event_type"] == "custom"] == [*texts, last]
    assert not page.proxy.cuts, "every cut was met"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_of_the_server_loses_nothing(page, own_server, end):
    page.live(events=["*"])
    before = [fresh("before") for _ in range(5)]
    for lead in before:
        own_server.score(lead)
    if end == "kill":
        own_server.signal(signal.SIGKILL)
        own_server.exit_code()
    else:
        own_server.stop()
    own_server.start()
    after = [fresh("after") for _ in range(5)]
    for lead in after:
        own_server.score(lead)
    items = page.items_until(page.mark())
    assert_every_offset_once_and_in_order(items)
    assert page.leads() == [*before, *after]
    if end == "stop":
        told = [message["after_ms"] for message in page.proxy.received if message.get("type") == "going_away"]
        waits = page.waits
        assert (waits[0]["cause"]["code"], waits[0]["delayMs"]) == (1001, told[0]), "the server says when to come back"


def test_a_connection_that_has_gone_quiet_is_noticed_and_resumed(page, own_server):
    page.live(events=["*"], heartbeatMs=1_500)
    first, second = fresh("heard"), fresh("unheard")
    own_server.score(first)
    wait_until(lambda: page.leads() == [first], "the stream flows")
    wait_until(page.proxy.stall, "nothing passes any more")
    own_server.score(second)
    assert_every_offset_once_and_in_order(page.items_until(page.mark()))
    assert page.leads() == [first, second]
    causes = {wait["cause"]["reason"] for wait in page.waits}
    assert causes == {"nothing heard for 2.5 heartbeats"}


def test_a_quiet_stream_is_asked_and_kept(page):
    page.live(events=["lead_scored"], heartbeatMs=1_500)
    pings = lambda: [message for message in page.proxy.sent if message["type"] == "ping"]
    wait_until(lambda: len(pings()) >= 3, "the client asks when it hears nothing")
    assert page.proxy.opened == 1 and [state["name"] for state in page.states] == ["connecting", "live"]


def test_a_server_that_never_answers_the_handshake_is_left(page):
    page.proxy.is_silent = True
    page.start(events=["lead_scored"], handshakeMs=500)
    wait_until(lambda: len(page.proxy.upgrades) >= 2, "a second attempt")
    causes = {wait["cause"]["reason"] for wait in page.waits}
    assert causes == {"the handshake took too long"}
    page.proxy.is_silent = False
    page.wait_for_state("live")


def test_the_next_page_goes_on_where_this_one_stopped(page, own_server):
    page.live(events=["lead_scored", "custom"])
    own_server.score(fresh("seen"))
    page.items_until(page.mark())
    last = page.items[-1]["offset"]
    position = wait_until(lambda: page.evaluate(f"seen.positions.find(at => at.offset === {last})"), "both dealt with")
    page.load()
    missed = [fresh("missed") for _ in range(3)]
    for lead in missed:
        own_server.score(lead)
    page.live(events=["lead_scored", "custom"], since=position)
    assert [item["data"]["lead_id"] for item in page.items_until(page.mark())] == missed


def test_a_broadcast_that_overtakes_a_resume_costs_nothing_of_its_replay(page):
    page.live(events=["lead_scored"], code=MEDDLING_SOCKET)
    page.ask('subscribe(["custom"])')
    page.items_until(first := page.mark())
    page.proxy.refuses = True
    assert page.proxy.cut() == 1
    wait_until(lambda: page.waits, "the loss is noticed")
    missed, overtaking = page.mark(), page.mark()
    # What is sent to all may come before a resume is answered. Here it always does, and then the replay brings it.
    event = next(message for message in page.proxy.received if message.get("data", {}).get("text") == first)
    event = {**event, "offset": event["offset"] + 2, "data": {"text": overtaking}}
    page.evaluate(f"void (window.early = [{json.dumps(json.dumps(event))}])")
    page.proxy.refuses = False
    items = page.items_until(page.mark())
    assert page.evaluate("early.length") == 0, "it came"
    assert [item["data"]["text"] for item in items] == [first, missed, overtaking]


def test_a_second_subscription_takes_what_the_names_before_it_still_lack(page, own_server):
    page.live(events=["custom"], code=MEDDLING_SOCKET)
    page.items_until(first := page.mark())
    event = next(message for message in page.proxy.received if message.get("data", {}).get("text") == first)
    for _ in range(3):
        own_server.score(fresh("unasked"))
    wait_until(lambda: page.ask("status()")["offset"] >= event["offset"] + 3, "the log is ahead of the client")
    assert page.ask('subscribe(["custom", "lead_scored"])')["offset"] >= event["offset"] + 3
    # To be behind takes a full socket, so these two are not the server's: the rest of a replay under way, and a name
    # that begins with the subscription.
    page.proxy.inject({**event, "offset": event["offset"] + 1, "data": {"text": "the rest"}})
    page.proxy.inject({**event, "offset": event["offset"] + 2, "event_type": "lead_scored", "data": {"text": "old"}})
    items = page.items_until(page.mark())
    assert [(item["event_type"], item["data"]["text"]) for item in items] == [("custom", first), ("custom", "the rest")]


def test_a_second_subscription_during_a_replay_loses_and_doubles_nothing(page, own_server):
    """More than the server sends in one go, so most likely the second finds it in the middle; the rest holds anyway."""
    page.live(events=["custom"])
    page.items_until(page.mark())
    position = {key: page.items[0][key] for key in ("epoch", "offset")}
    page.load()
    texts = [fresh("missed") + "." * 8_000 for _ in range(20)]
    for text in texts:
        broadcast(own_server, text)
    page.start()
    page.evaluate(f"""void (client.subscribe(["custom"], {{ since: {json.dumps(position)} }}),
        client.subscribe(["custom", "lead_scored"]))""")
    items = page.items_until(page.mark())
    assert [item["data"]["text"] for item in items] == texts


def test_an_application_that_falls_behind_is_disconnected_and_resumed_without_loss(page, own_server):
    page.evaluate("void (window.gate = new Promise(open => window.openGate = open))")
    page.live(events=["*"], queueLimit=10)
    leads = [fresh("queued") for _ in range(40)]
    for lead in leads:
        own_server.score(lead)
    marker = page.mark()
    page.wait_for_state("paused")
    wait_until(lambda: connections(own_server) == [], "a full queue holds no connection")
    assert len(page.items) == 1, "the application is at its first item"
    page.evaluate("void (window.gate = null, openGate())")
    assert_every_offset_once_and_in_order(page.items_until(marker))
    assert page.leads() == leads


def test_an_event_that_comes_twice_is_given_once(page):
    page.live(events=["custom"])
    page.items_until(first := page.mark())
    # This server repeats nothing on one connection, so the second one is not the server's.
    page.proxy.inject(next(message for message in page.proxy.received if message.get("data", {}).get("text") == first))
    assert [item["data"]["text"] for item in page.items_until(page.mark())] == [first]


# What can't be had is said


def test_events_of_a_log_that_nobody_announced_are_not_taken_for_the_old_ones(page):
    page.live(events=["custom"])
    first = page.mark()
    page.items_until(first)
    event = next(message for message in page.proxy.received if message.get("data", {}).get("text") == first)
    page.proxy.inject({**event, "epoch": "another", "offset": 1})
    wait_until(lambda: len(page.items) == 3, "the reset and the event")
    assert [(item["type"], item["epoch"], item["offset"]) for item in page.items[1:]] == [
        ("reset", "another", 0), ("event", "another", 1)]


def test_a_position_in_another_log_is_surfaced_as_a_reset(page, own_server):
    page.live(events=["custom"], since={"epoch": "another", "offset": 5})
    items = wait_until(lambda: len(page.items) >= 2 and page.items, "both notices")
    epoch = page.ask("status()")["epoch"]
    assert [item["type"] for item in items] == ["not_recovered", "reset"]
    assert items[0]["since"] == {"epoch": "another", "offset": 5} and items[0]["events"] == ["custom"]
    assert items[1]["epoch"] == epoch and items[1]["reason"] == "epoch_changed"
    assert [item["type"] for item in page.items_until(page.mark())] == ["not_recovered", "reset"], "and then it flows"
    wait_until(lambda: page.evaluate("client.position")["epoch"] == epoch, "the cursor is of the new log")


def test_a_log_that_was_lost_is_surfaced_on_the_open_page(page, own_server, tmp_path):
    """The server comes back with an empty store: same address, other log."""
    page.live(events=["custom"])
    page.items_until(page.mark())
    own_server.stop()
    own_server.data.rename(tmp_path / "lost")
    own_server.start()
    wanted = ["event", "not_recovered", "reset"]
    wait_until(lambda: [item["type"] for item in page.items] == wanted, "the loss is said", 30)
    assert [item["type"] for item in page.items_until(page.mark())] == wanted


def test_a_position_ahead_of_the_log_is_surfaced_as_a_reset(page):
    page.live(events=["custom"])
    status = page.ask("status()")
    page.load()
    page.live(events=["custom"], since={"epoch": status["epoch"], "offset": status["offset"] + 1_000})
    items = wait_until(lambda: page.items, "the server stops waiting for a log that knows more")
    assert [(item["type"], item["reason"]) for item in items] == [("reset", "unknown_offset")]
    assert items[0]["offset"] == status["offset"]
    assert len(page.items_until(page.mark())) == 1


def test_a_gap_stands_at_its_place_and_is_not_asked_for_again(page):
    page.live(events=["custom"])
    page.items_until(page.mark())
    epoch, offset = page.items[0]["epoch"], page.items[0]["offset"]
    # A store that forgot 100,000 events takes too long to make, so this one message is not the server's.
    lost = {"from": offset + 1, "to": offset + 9, "epoch": epoch, "reason": "evicted"}
    page.proxy.inject({"type": "gap", "event_types": ["custom"], **lost})
    wait_until(lambda: [item["type"] for item in page.items] == ["event", "gap"], "the gap")
    page.proxy.cut()
    wait_until(lambda: page.proxy.opened == 2 and page.state["name"] == "live", "it resumes")
    resumed = [message for message in page.proxy.sent if message["type"] == "subscribe"][-1]
    assert resumed["since"] == {"epoch": epoch, "offset": offset + 9}


# Coming back, or not


def test_a_terminal_close_ends_the_loop_and_nobody_comes_back(page, own_server):
    page.live(events=["lead_scored"])
    own_server.score(lead := fresh("last"))
    wait_until(lambda: page.leads() == [lead], "the stream flows")
    status = page.ask("status()")
    gone = own_server.request("DELETE", f"{API}/ws/connections/{status['connection_id']}")
    assert gone.status == 200, gone.body
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert (failure["code"], failure["closeCode"], failure["retryable"]) == ("closed", 4501, False)
    assert page.state["name"] == "closed"
    assert page.state["cause"] == {"code": 4501, "reason": "disconnected_by_administrator"}
    assert page.ask('subscribe(["custom"])')["rejected"]["closeCode"] == 4501
    # Not even when asked: a second client that was started later is the only other connection.
    page.evaluate("client.retryNow()")
    page.live(events=["lead_scored"])
    assert len(page.proxy.upgrades) == 2


@pytest.mark.parametrize("code", [1000, 1002, 1008, 1009, 3500, 4503, 4999])
def test_a_code_of_the_terminal_class_ends_the_loop(page, code):
    page.live(events=["custom"])
    page.proxy.close(code)
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert (failure["code"], failure["closeCode"]) == ("closed", code) and len(page.proxy.upgrades) == 1


@pytest.mark.parametrize("code", [1001, 1011, 1013, 3000, 4005, 4008, 4499])
def test_after_a_code_of_the_other_class_it_comes_back(page, code):
    page.live(events=["custom"])
    page.proxy.close(code)
    wait_until(lambda: page.proxy.opened == 2, "a second connection")
    page.items_until(page.mark())
    assert [wait["cause"]["code"] for wait in page.waits] == [code]


def test_a_server_that_has_gone_for_good_is_left(page):
    page.live(events=["custom"])
    page.proxy.inject({"type": "going_away", "reconnect": False})
    assert wait_until(lambda: page.failure, "the loop throws")["code"] == "closed"


def test_a_message_that_is_no_object_ends_the_loop(page):
    page.live(events=["custom"])
    page.proxy.inject(["not", "ours"])
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert (failure["code"], failure["closeCode"]) == ("closed", 1003) and page.proxy.opened == 1


def test_the_close_codes_of_the_server_mean_what_its_table_says(page):
    sent = [int(number) for number in re.findall(r"CloseCode\((\d{4}), ", CLOSE_CODES.read_text())]
    assert {1000, 1001, 1002, 4005, 4008, 4501} <= set(sent), "the table of this test"
    for number in [*sent, 1003, 1006, 1008, 1011, 1012, 1013, 3000, 3499, 3500, 3999, 4000, 4499, 4500, 4999]:
        comes_back = number in (1001, 1006, 1011, 1012, 1013) or (number >= 3000 and number % 1000 < 500)
        assert page.evaluate(f"module.mayReconnect({number})") is comes_back, number


@pytest.mark.parametrize("chance", [1, 0.5, 0])
def test_the_back_off_doubles_to_its_bound_and_jitter_is_a_share_of_it(page, chance):
    page.proxy.refuses = True
    page.start(events=["lead_scored"], backoff={"minMs": 5, "maxMs": 40}, code=f"random: () => {chance}")
    wait_until(lambda: len(page.waits) >= 6, "six attempts")
    waits = page.waits
    assert [state["delayMs"] for state in waits[:6]] == [chance * bound for bound in (5, 10, 20, 40, 40, 40)]
    assert {state["cause"]["code"] for state in waits} == {1006}
    page.proxy.refuses = False
    page.wait_for_state("live")


def test_a_connection_that_lasted_starts_the_back_off_anew(page):
    page.proxy.refuses = True
    page.start(events=["lead_scored"], backoff={"minMs": 1, "maxMs": 8}, heartbeatMs=400, code="random: () => 1")
    wait_until(lambda: len(page.proxy.upgrades) >= 6, "the bound is reached")
    page.proxy.refuses = False
    page.wait_for_state("live")
    # Quiet for 1.5 heartbeats, which is longer than the bound.
    wait_until(lambda: any(message["type"] == "ping" for message in page.proxy.sent), "it has lasted")
    before = len(page.states)
    page.proxy.cut()
    waits = wait_until(lambda: [state for state in page.states[before:] if state["name"] == "waiting"], "it waits")
    assert (waits[0]["attempt"], waits[0]["delayMs"]) == (1, 1)
