"""The live stream as a Python client sees it."""

import asyncio
import contextlib
import itertools
import json

import pytest
import websockets

from server import API, wait_until

LIMIT = 15.0
serial = itertools.count(1)


def fresh(name: str) -> str:
    return f"{name}-{next(serial)}"


class Listener:
    """A connection that answers questions in order and keeps the events that came between."""

    def __init__(self, socket):
        self.socket = socket

    async def next(self) -> dict:
        return json.loads(await asyncio.wait_for(self.socket.recv(), LIMIT))

    async def ask(self, **message) -> dict:
        await self.socket.send(json.dumps(message))
        while "type" not in (reply := await self.next()):
            pass
        return reply

    async def event(self, kind: str, **wanted) -> dict:
        """The next event of this type whose data holds `wanted`."""
        while True:
            message = await self.next()
            if message.get("event_type") == kind and wanted.items() <= message["data"].items():
                return message

    async def events_until(self, marker: str) -> list[dict]:
        """Every event before the custom event with this text."""
        seen = []
        while True:
            message = await self.next()
            if message.get("event_type") == "custom" and message["data"].get("text") == marker:
                return seen
            if "event_type" in message:
                seen.append(message)


@contextlib.asynccontextmanager
async def listening(server):
    async with websockets.connect(f"ws://localhost:{server.port}{API}/ws/live-scores") as socket:
        yield Listener(socket)


def in_thread(call, *arguments, **named):
    return asyncio.to_thread(call, *arguments, **named)


async def mark(server, text: str) -> None:
    answer = await in_thread(server.post, API + "/ws/broadcast", {"event_type": "custom", "data": {"text": text}})
    assert answer.status == 200, answer.body


def test_a_subscriber_gets_the_score_that_another_client_posted(server):
    async def scene():
        async with listening(server) as listener:
            await listener.ask(type="subscribe", events=["lead_scored"])
            lead = fresh("live")
            score = await in_thread(
                server.score, lead, name="Live Example", source="website", message="We want to buy, budget $450k-$500k")
            event = await listener.event("lead_scored", lead_id=lead)
            assert set(event) >= {"event_type", "data", "timestamp", "id", "offset"}
            data = event["data"]
            assert data["lead_name"] == "Live Example" and data["source"] == "website"
            for name in ("ml_score", "conversion_probability", "probability_interval", "ml_confidence",
                         "classification", "margin", "estimated_commission", "expected_commission", "scored_at",
                         "request_id", "model"):
                assert data[name] == score[name], name
            assert "shap_values" not in data and "feature_explanations" not in data
            assert score["estimated_commission"] == 28_500, "the middle of the range at 6%"

    asyncio.run(scene())


def test_after_unsubscribe_nothing_comes(server):
    async def scene():
        async with listening(server) as listener:
            await listener.ask(type="subscribe", events=["lead_scored", "custom"])
            reply = await listener.ask(type="unsubscribe", events=["lead_scored"])
            assert reply["type"] == "subscription_updated" and reply["subscriptions"] == ["custom"]
            for _ in range(3):
                await in_thread(server.score, fresh("silent"))
            await mark(server, marker := fresh("marker"))
            # The log is ordered: had a score been delivered, it would have come before the marker.
            assert [event for event in await listener.events_until(marker) if event["event_type"] == "lead_scored"] == []

    asyncio.run(scene())


def test_a_filter_lets_only_its_leads_through(server):
    async def scene():
        async with listening(server) as listener:
            source = fresh("filtered")
            await listener.ask(
                type="subscribe", events=["lead_scored", "custom"],
                filter={"or": [{"eq": ["source", source]}, {"in": ["text", [source]]}]})
            await in_thread(server.score, fresh("other"), source="elsewhere")
            wanted = fresh("wanted")
            await in_thread(server.score, wanted, source=source)
            await in_thread(server.score, fresh("other"), source="elsewhere")
            await mark(server, source)
            seen = await listener.events_until(source)
            assert [event["data"]["lead_id"] for event in seen] == [wanted]

    asyncio.run(scene())


@pytest.mark.parametrize("lost", [1, 40])
def test_a_returning_client_gets_what_it_missed_in_order_and_once(server, lost):
    async def scene():
        async with listening(server) as listener:
            await listener.ask(type="subscribe", events=["lead_scored"])
            first = fresh("seen")
            await in_thread(server.score, first)
            seen = await listener.event("lead_scored", lead_id=first)
            reply = await listener.ask(type="get_status")
            assert reply["type"] == "status"
            epoch = (await listener.ask(type="subscribe", events=["lead_scored"]))["epoch"]
        missed = [fresh("missed") for _ in range(lost)]
        for lead in missed:
            await in_thread(server.score, lead)
        async with listening(server) as listener:
            reply = await listener.ask(
                type="subscribe", events=["lead_scored", "custom"], since={"epoch": epoch, "offset": seen["offset"]})
            assert reply["recovered"] is True and reply["epoch"] == epoch
            late = fresh("late")
            await in_thread(server.score, late)
            await mark(server, marker := fresh("marker"))
            events = [event for event in await listener.events_until(marker) if event["event_type"] == "lead_scored"]
            assert [event["data"]["lead_id"] for event in events] == [*missed, late]
            offsets = [event["offset"] for event in events]
            assert offsets == sorted(set(offsets)) and offsets[0] > seen["offset"]

    asyncio.run(scene())


def test_a_position_of_another_epoch_is_not_taken_for_recovered(server):
    async def scene():
        async with listening(server) as listener:
            reply = await listener.ask(
                type="subscribe", events=["lead_scored"], since={"epoch": "not-this-one", "offset": 0})
            while reply["type"] != "subscription_updated":
                reply = await listener.next()
            assert reply["recovered"] is False and reply["epoch"] != "not-this-one"

    asyncio.run(scene())


@pytest.mark.parametrize(
    "message", ["", "{", "[]", "7", '{"type": 1}', '{"type": "nothing"}', '{"type": "subscribe"}',
                '{"type": "subscribe", "events": "lead_scored"}', '{"type": "subscribe", "events": [1]}',
                '{"type": "subscribe", "events": ["lead_scored"], "filter": {"regex": ["a", "b"]}}',
                '{"type": "subscribe", "events": ["lead_scored"], "since": 5}'])
def test_a_malformed_message_gets_an_error_and_the_connection_lives_on(server, message):
    async def scene():
        async with listening(server) as listener:
            await listener.socket.send(message)
            reply = await listener.next()
            assert reply["type"] == "error" and reply["code"] and reply["message"]
            assert (await listener.ask(id=9, type="ping")) | {"timestamp": 0} == {
                "type": "pong", "id": 9, "timestamp": 0}

    asyncio.run(scene())


def test_the_administrators_figures_follow_the_connections(server):
    async def scene():
        async with listening(server) as listener:
            reply = await listener.ask(type="subscribe", events=["lead_scored"])
            page = (await in_thread(server.get, API + "/ws/connections?limit=1000")).json
            mine = [entry for entry in page["connections"] if entry["id"] == reply["connection_id"]]
            assert len(mine) == 1 and mine[0]["subscriptions"] == ["lead_scored"] and mine[0]["role"] == "admin"
            metrics = (await in_thread(server.get, API + "/ws/metrics")).json
            assert metrics["active_connections"] >= 1 and metrics["subscriptions"]["lead_scored"] >= 1
            gone = await in_thread(server.request, "DELETE", f"{API}/ws/connections/{reply['connection_id']}")
            assert gone.status == 200, gone.body
            with pytest.raises(websockets.ConnectionClosed) as closed:
                while True:
                    await listener.next()
            assert closed.value.rcvd.code in range(4500, 5000), "an administrator's word: do not come back"
        return reply["connection_id"]

    connection = asyncio.run(scene())

    def is_gone():
        page = server.get(API + "/ws/connections?limit=1000").json
        return all(entry["id"] != connection for entry in page["connections"])

    wait_until(is_gone, "the closed connection leaves the list")


def test_a_batch_shows_its_progress(server):
    async def scene():
        async with listening(server) as listener:
            await listener.ask(type="subscribe", events=["batch_processing"])
            leads = [{"lead_id": fresh("batch")} for _ in range(20)] + [{"name": "no id"}]
            answer = (await in_thread(server.post, API + "/batch-score", {"leads": leads})).json
            assert (answer["total"], answer["succeeded"], answer["failed"]) == (21, 20, 1)
            assert [error["index"] for error in answer["errors"]] == [20]
            states = []
            while "finished" not in states:
                event = await listener.event("batch_processing", batch_id=answer["batch_id"])
                states.append(event["data"]["state"])
            assert states[0] == "started" and states[-1] == "finished"
            assert (event["data"]["done"], event["data"]["total"], event["data"]["failed"]) == (21, 21, 1)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "fields", [{}, {"message": "Pre-approved for $450k, we want to buy in Leander by end of March. Cash is possible!"},
               {"message": "looking around, not in a rush", "source": "Zillow", "budget_range": "under 600,000",
                "questions_asked": 3, "response_time_hours": 0.1}])
def test_features_posted_back_give_the_same_bits(server, fields):
    lead = fresh("bits")
    answer = server.post(API + "/score?include=features", {"lead_id": lead, **fields}).json
    values = answer["features"]["values"]
    assert answer["features"]["schema"] == "features/1" and len(values) == 28
    again = server.post(API + "/score/features", {"lead_id": lead, "features": values, "force_refresh": True}).json
    for name in ("margin", "ml_score", "conversion_probability", "base_value", "shap_values"):
        # Both sides write the shortest decimal that reads back to the same bits: equal text is equal bits.
        assert json.dumps(again[name]) == json.dumps(answer[name]), name
