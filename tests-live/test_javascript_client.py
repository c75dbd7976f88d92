"""The JavaScript client in headless Chromium against the live server: the stream, the commands, tokens."""

import json
import re

from client_page import MODULE, connections, driver, fresh, page  # noqa: F401 (driver and page are fixtures)
from server import wait_until


# The stream


def test_a_subscriber_gets_what_is_posted(page, own_server):
    page.live(events=["lead_scored"])
    lead = fresh("live")
    score = own_server.score(lead, name="Live Example", source="website", message="We want to buy, budget $450k-$500k")
    wait_until(lambda: page.leads() == [lead], "the lead arrives")
    event = page.evaluate("seen.items[0]")
    assert event["type"] == "event" and set(event) >= {"event_type", "data", "timestamp", "id", "offset", "epoch"}
    assert event["data"]["lead_name"] == "Live Example" and event["data"]["source"] == "website"
    assert event["data"]["ml_score"] == score["ml_score"] and event["data"]["margin"] == score["margin"]
    # The loop has asked for the next: this one was dealt with.
    position = {"epoch": event["epoch"], "offset": event["offset"]}
    wait_until(lambda: page.evaluate("seen.positions.at(-1)") == position, "its position")
    assert page.evaluate("client.position") == position
    assert "sec-websocket-protocol" not in page.proxy.upgrades[0], "local mode knows no subprotocol"


def test_every_field_of_a_score_has_a_type(page, own_server):
    """The typedef and the wire name the same fields, in both directions."""
    page.live(events=["lead_scored"])
    own_server.score(fresh("typed"), source="website", message="We want to buy, budget $450k")
    wait_until(page.leads, "the lead arrives")
    for name, value in (("ScoreData", "data"), ("DataSupport", "data.data_support")):
        typedef = re.search(rf"@typedef \{{Object\}} {name}\n(.*?)\*/", MODULE.read_text(), re.DOTALL)[1]
        sent = page.evaluate(f"Object.keys(seen.items[0].{value})")
        assert set(re.findall(r"@property \{.*\} (\w+)", typedef)) == set(sent), name


def test_a_filter_lets_only_its_leads_through_and_another_subscription_is_not_touched(page, own_server):
    source = fresh("filtered")
    page.live(events=["lead_scored"], filter={"or": [{"eq": ["source", source]}, {"gt": ["ml_score", 100]}]})
    reply = page.ask('subscribe(["custom"])')
    assert reply["subscriptions"] == ["lead_scored", "custom"] and reply["denied"] == []
    own_server.score(fresh("other"), source="elsewhere")
    wanted = fresh("wanted")
    own_server.score(wanted, source=source)
    own_server.score(fresh("other"), source="elsewhere")
    assert [item["data"]["lead_id"] for item in page.items_until(page.mark())] == [wanted]


def test_after_unsubscribe_nothing_comes_on_this_connection_and_the_next(page, own_server):
    page.live(events=["lead_scored", "custom"])
    assert page.ask('unsubscribe(["lead_scored"])') == ["custom"]
    own_server.score(fresh("silent"))
    assert page.items_until(page.mark()) == []
    assert page.proxy.cut() == 1
    own_server.score(fresh("silent"))
    assert [item["type"] for item in page.items_until(page.mark())] == ["event"], "the first marker only"
    assert page.proxy.opened == 2


def test_a_name_that_nobody_knows_is_said_in_the_stream_and_in_the_reply(page):
    page.live(events=["lead_scored", "lead_scord"])
    denied = {"type": "denied", "denied": [{"event": "lead_scord", "reason": "unknown_event"}]}
    wait_until(lambda: page.items == [denied], "the misspelt name is said")
    assert page.ask('subscribe(["nothing"])')["denied"] == [{"event": "nothing", "reason": "unknown_event"}]


# Commands


def test_status_and_ping_are_answered(page):
    page.live(events=["lead_scored"])
    status = page.ask("status()")
    assert status["subscriptions"] == ["lead_scored"] and status["user"] == "local" and status["role"] == "admin"
    assert 0 < page.ask("ping()") < 10_000


def test_an_error_of_the_server_rejects_the_command_and_the_connection_lives_on(page, own_server):
    page.live(events=["custom"])
    error = page.ask('subscribe(["lead_scored"], { filter: { regex: ["a", "b"] } })')["rejected"]
    assert (error["name"], error["code"], error["retryable"]) == ("LeadwireError", "invalid_filter", False)
    assert page.ask("status()")["subscriptions"] == ["custom"]
    own_server.score(fresh("unasked"))
    assert page.items_until(page.mark()) == []
    assert page.proxy.opened == 1


def test_a_stream_that_can_never_stand_ends_the_loop_with_the_servers_reason(page):
    page.start(events=["lead_scored"], filter={"regex": ["a", "b"]})
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert failure["code"] == "invalid_filter" and page.state["name"] == "closed"
    assert page.ask('subscribe(["custom"])')["rejected"]["code"] == "invalid_filter"


def test_a_wish_without_a_connection_waits_for_the_next_and_a_question_does_not(page, own_server):
    page.proxy.refuses = True
    page.start(events=["custom"])
    page.wait_for_state("waiting")
    assert page.ask("ping()")["rejected"]["code"] == "not_connected"
    page.evaluate('void (window.later = client.subscribe(["lead_scored"]))')
    page.proxy.refuses = False
    assert page.driver.execute_async_script("later.then(arguments[0])")["subscriptions"] == ["lead_scored", "custom"]
    lead = fresh("later")
    own_server.score(lead)
    wait_until(lambda: page.leads() == [lead], "the lead arrives")


def test_close_ends_the_loop_and_the_connection(page, own_server):
    page.live(events=["lead_scored"])
    assert len(connections(own_server)) == 1
    page.evaluate("client.close()")
    wait_until(lambda: page.evaluate("seen.isDone"), "the loop is done")
    wait_until(lambda: connections(own_server) == [], "the server saw it go")
    assert page.failure is None and page.state == {"name": "closed", "attempt": 0, "delayMs": 0, "cause": None}
    assert page.ask("ping()")["rejected"]["code"] == "closed"


def test_a_client_that_is_closed_while_it_connects_stays_closed(page):
    page.start(events=["custom"], handshakeMs=200, code="""onState: state => {
        if (seen.states.push(state) === 1) client.close();
    }""")
    wait_until(lambda: page.evaluate("seen.isDone"), "the loop is done")
    page.driver.execute_async_script("setTimeout(arguments[0], 3 * 200)")
    assert [state["name"] for state in page.states] == ["connecting", "closed"]
    assert page.state["name"] == "closed" and page.failure is None and page.proxy.upgrades == []


# Tokens. The proxy turns the subprotocol into the header that this server's local mode reads.


def test_a_token_goes_by_subprotocol_and_is_asked_for_at_each_connection(page):
    page.proxy.carries_tokens = True
    page.evaluate("void (window.whys = [])")
    page.live(events=["custom"], code='token: async why => (whys.push(why), "test_token")')
    assert page.proxy.upgrades[0]["sec-websocket-protocol"] == "leadwire.v1, bearer.test_token"
    assert page.ask("status()")["user"] == "development", "the token's user, not the anonymous one"
    page.proxy.cut()
    page.items_until(page.mark())
    assert page.evaluate("whys") == ["connect", "connect"]


def test_a_token_that_expires_is_refreshed(page):
    page.proxy.carries_tokens = True
    page.live(events=["custom"], code='token: why => why === "connect" ? "test_token" : "the-next-one"')
    # Local mode's tokens never expire, so this message is not the server's; its answer to `refresh` is.
    page.proxy.inject({"type": "token_expiring", "in_ms": 60_000})
    refused = lambda: any(message.get("code") == "refresh_unavailable" for message in page.proxy.received)
    wait_until(refused, "the server's answer")
    assert [sent["token"] for sent in page.proxy.sent if sent["type"] == "refresh"] == ["the-next-one"]
    assert page.items_until(page.mark()) == [] and page.proxy.opened == 1, "the stream goes on until the token ends"


def test_a_fixed_token_that_has_expired_ends_the_loop(page):
    page.proxy.carries_tokens = True
    page.live(events=["custom"], token="test_token")
    page.proxy.close(4005)
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert (failure["code"], failure["closeCode"]) == ("closed", 4005) and len(page.proxy.upgrades) == 1


def test_a_provider_that_never_answers_is_asked_again(page):
    page.proxy.carries_tokens = True
    page.live(events=["custom"], handshakeMs=500, code="""token: () => {
        window.asked = (window.asked ?? 0) + 1;
        return asked === 1 ? new Promise(() => {}) : "test_token";
    }""")
    assert page.waits[0]["cause"]["reason"] == "the token provider took too long"


def test_a_refused_token_is_asked_for_again_until_the_provider_gives_up(page):
    page.proxy.carries_tokens = True
    page.start(events=["custom"], code="""token: () => {
        window.asked = (window.asked ?? 0) + 1;
        if (asked < 3) return "wrong";
        if (asked === 3) throw new Error("the network is down");
        throw Object.assign(new Error("signed out"), { retryable: false });
    }""")
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert failure["code"] == "invalid_token" and page.evaluate("asked") == 4
    assert [wait["cause"]["reason"] for wait in page.waits][2] == "the token provider failed"
    assert page.proxy.opened == 0 and len(page.proxy.upgrades) == 2


def test_a_token_that_no_header_can_carry_is_never_repeated(page):
    page.start(events=["custom"], token="two words; secret")
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert failure["code"] == "invalid_token" and "secret" not in json.dumps([failure, page.states])
