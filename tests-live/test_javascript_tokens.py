"""The JavaScript client in headless Chromium against the live server in JWT mode: a token's end, its refresh, its
revocation. Nothing stands between them that knows of tokens."""

import asyncio
import json
import subprocess

import pytest

from client_page import PAGES, Page, connections, driver, fresh  # noqa: F401 (driver is a fixture)
from faults import FaultProxy
from raw_stream import Stream, message
from server import API, wait_until
from tokens import GRACE, LEEWAY, Issuer


@pytest.fixture
def issuer(tmp_path):
    return Issuer(tmp_path / "issuer")


@pytest.fixture
def page(driver, binary, tmp_path, issuer):  # noqa: F811 (the fixture above)
    server = issuer.server(binary, tmp_path / "data").start()
    try:
        with FaultProxy(server.port, PAGES) as proxy:
            yield Page(driver, proxy, server).load()
            driver.get("about:blank")
    finally:
        server.stop()


def provider(*tokens: str) -> str:
    """A token provider: each of these once, then always the last; `whys` keeps what it was asked for."""
    return f"""token: async why => {{
        window.whys = [...(window.whys ?? []), why];
        const tokens = {json.dumps(tokens)};
        return tokens[Math.min(whys.length, tokens.length) - 1];
    }}"""


def shown(page: Page) -> list[str]:
    """The tokens of all handshakes, in order, as the proxy saw them."""
    protocols = [upgrade["sec-websocket-protocol"] for upgrade in page.proxy.upgrades]
    assert all(protocol.startswith("leadwire.v1, bearer.") for protocol in protocols)
    return [protocol.removeprefix("leadwire.v1, bearer.") for protocol in protocols]


def test_a_token_of_the_command_line_is_taken_by_subprotocol(page, issuer, binary):
    made = subprocess.run(
        [binary, "token", "--secret-file", str(issuer.file), "--user", "ann", "--role", "viewer", "--expires", "1h"],
        capture_output=True, text=True, check=True)
    token = made.stdout.strip()
    page.live(events=["lead_scored", "user_activity"], token=token)
    assert shown(page) == [token]
    status = page.ask("status()")
    assert (status["user"], status["role"], status["tenant"]) == ("ann", "viewer", "default")
    assert page.items == [{"type": "denied", "denied": [{"event": "user_activity", "reason": "role"}]}]
    lead = fresh("known")
    page.server.score(lead)
    wait_until(lambda: page.leads() == [lead], "the lead arrives")


def test_a_refreshed_token_carries_the_stream_past_the_first_ones_end(page, issuer):
    # Ended already and still believed, so that its connection has seconds to live and not a minute.
    ends_in = 4 - GRACE
    first, second = issuer.token("ann", ends_in=ends_in), issuer.token("ann")
    page.live(events=["custom"], code=provider(first, second))
    refreshed = lambda: any(told.get("type") == "token_refreshed" for told in page.proxy.received)
    wait_until(refreshed, "the refresh is answered")
    assert page.evaluate("whys") == ["connect", "refresh"]
    assert [sent["token"] for sent in page.proxy.sent if sent["type"] == "refresh"] == [second]

    async def control() -> int:
        """A client with the same token that never refreshes: when it is closed, the token's time is over."""
        stream = await Stream.open(
            page.server.port, first=message(type="subscribe", events=["custom"]),
            more=f"Authorization: Bearer {first}\r\n")
        return await asyncio.wait_for(stream.closed, 30)

    assert asyncio.run(control()) == 4005
    before, after = page.mark(), page.mark()
    page.items_until(before)
    page.items_until(after)
    assert page.proxy.opened == 1 and shown(page) == [first]
    assert {state["name"] for state in page.states} == {"connecting", "live"}
    assert [connection["user"] for connection in connections(page.server)] == ["ann"]


def test_without_a_refresh_the_connection_closes_and_the_next_takes_a_fresh_token(page, issuer):
    first, second = issuer.token("ann", ends_in=3 - GRACE), issuer.token("ann", jti="the-second")
    page.live(events=["custom"], code=f"""token: async why => {{
        window.whys = [...(window.whys ?? []), why];
        if (why === "refresh") throw new Error("not now");
        return whys.length === 1 ? {json.dumps(first)} : {json.dumps(second)};
    }}""")
    wait_until(lambda: page.waits, "the connection is closed", 30)
    assert page.waits[0]["cause"] == {"code": 4005, "reason": "token_expired"}
    page.items_until(page.mark())
    assert shown(page) == [first, second] and page.evaluate("whys") == ["connect", "refresh", "connect"]
    assert [connection["token_id"] for connection in connections(page.server)] == ["the-second"]


def test_a_fixed_token_that_ends_ends_the_loop(page, issuer):
    page.live(events=["custom"], token=issuer.token("ann", ends_in=3 - GRACE))
    failure = wait_until(lambda: page.failure, "the loop throws", 30)
    assert (failure["code"], failure["closeCode"]) == ("closed", 4005)
    assert len(shown(page)) == 1 and page.state["name"] == "closed"


@pytest.mark.parametrize("kind", ["of another issuer", "ended long ago", "no token at all"])
def test_a_token_that_is_not_believed_makes_no_storm(page, issuer, tmp_path, kind):
    bad = {"of another issuer": Issuer(tmp_path / "stranger").token("ann"),
           "ended long ago": issuer.token("ann", ends_in=-LEEWAY - 60), "no token at all": "x.y.z"}[kind]
    # A browser hides why a handshake was refused, so the client can't know that it is pointless: it waits longer and
    # longer. Without jitter the waits are the bound itself.
    page.start(events=["custom"], backoff={"minMs": 40, "maxMs": 60_000},
               code=f"random: () => 1, {provider(bad)}")
    waits = wait_until(lambda: len(waits := page.waits) >= 6 and waits, "six refusals")
    assert [wait["delayMs"] for wait in waits[:6]] == [40, 80, 160, 320, 640, 1_280]
    assert {wait["cause"]["code"] for wait in waits} == {1006}
    assert set(shown(page)) == {bad} and page.proxy.opened == 0 and page.failure is None


def test_a_provider_that_learns_of_a_refused_token_comes_in_with_the_next(page, issuer):
    ended, good = issuer.token("ann", ends_in=-LEEWAY - 60), issuer.token("ann")
    page.live(events=["custom"], code=provider(ended, good))
    assert shown(page) == [ended, good] and page.evaluate("whys") == ["connect", "connect"]


def test_a_token_that_is_revoked_during_the_connection_ends_the_loop(page, issuer):
    page.live(events=["custom"], code=provider(issuer.token("ann", jti="stolen")))
    assert page.server.post(API + "/tokens/revoke", {"token_id": "stolen"}).status == 200
    failure = wait_until(lambda: page.failure, "the loop throws")
    assert (failure["code"], failure["closeCode"], failure["retryable"]) == ("closed", 4503, False)
    assert page.state["name"] == "closed" and page.evaluate("whys") == ["connect"] and len(shown(page)) == 1
    assert page.ask("ping()")["rejected"]["code"] == "closed"


def test_a_kick_that_asks_back_is_answered_with_a_fresh_token_and_loses_nothing(page, issuer):
    tokens = [issuer.token("ann", jti=f"t{number}") for number in (1, 2, 3)]
    page.live(events=["custom"], code=provider(*tokens))
    page.items_until(first := page.mark())
    answer = page.server.post(API + "/ws/disconnect", {"user": "ann", "reconnect": True})
    assert answer.status == 200 and answer.json["closed"] == 1
    second = page.mark()
    page.items_until(second)
    page.proxy.cut()
    third = page.mark()
    page.items_until(third)
    assert [item["data"]["text"] for item in page.items] == [first, second, third]
    assert shown(page) == tokens and page.waits[0]["cause"]["code"] == 4001


def test_no_token_stands_in_a_state_an_error_or_an_item(page, issuer):
    tokens = [issuer.token("ann", ends_in=3 - GRACE), issuer.token("eve"), issuer.token("ann", jti="last")]
    # The refresh is another person's and is refused; the connection after it is right.
    page.live(events=["custom"], code=provider(*tokens))
    refused = lambda: any(told.get("code") == "invalid_token" for told in page.proxy.received)
    wait_until(refused, "the refresh is refused")
    wait_until(lambda: page.proxy.opened == 2, "the next connection", 30)
    page.items_until(page.mark())
    said = json.dumps([page.states, page.items, page.failure])
    for token in tokens:
        for part in token.split("."):
            assert part not in said
