"""Recovery, proven against a real process: whatever drops, every client's sequence is the log filtered by its wish.

Clients over WebSockets and over Server-Sent Events come and go at random, some read slowly, while leads and broadcasts
are published; in the middle the server is stopped and started again. LEADWIRE_SEED replays the clients' decisions.
"""

import asyncio
import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
import urllib.parse

import websockets

from server import API, TOKEN, Server

PUBLISHERS = 4
MESSAGES = 560                       # of each publisher: 2,240 in all
READERS = 6                          # of each transport
LIMIT = 300.0
FILTER = {"not": {"eq": ["even", False]}}


def passes(event: dict) -> bool:
    return event["data"].get("even") is not False


class Publisher(threading.Thread):
    """Posts leads and broadcasts; what the server refuses or leaves unanswered is posted again."""

    def __init__(self, server, number: int):
        super().__init__(daemon=True)
        self.server, self.number, self.done = server, number, 0

    def run(self) -> None:
        connection = None
        while self.done < MESSAGES:
            name = f"{self.number}-{self.done}"
            if self.done % 5 == 0:
                path, body = "/score", {"lead_id": f"recovery-{name}", "message": "We want to buy, budget $450k"}
            else:
                path = "/ws/broadcast"
                body = {"event_type": "custom", "data": {"name": name, "even": self.done % 2 == 0}}
            try:
                connection = connection or http.client.HTTPConnection("localhost", self.server.port, timeout=15)
                connection.request("POST", API + path, json.dumps(body), {**TOKEN, "Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                self.done += answer.status == 200
            except (OSError, http.client.HTTPException):
                if connection:
                    connection.close()
                connection = None
                time.sleep(0.05)


class Reader:
    """One client over its whole life. What it has seen, and where it would resume."""

    def __init__(self, server: Server, number: int, seed: int):
        self.server = server
        self.random = random.Random(f"{seed}/{type(self).__name__}/{number}")
        self.events = ["custom"] + [name for name in ("lead_scored", "lead_escalated") if self.random.random() < 0.6]
        self.filters = self.random.random() < 0.5
        self.place: str | None = None
        self.start = 0
        self.seen: list[dict] = []
        self.gaps: list[dict] = []
        self.surprises: list[str] = []
        self.connections = 0
        self.is_done = False
        self.asks_for_tickets = True

    async def live(self) -> None:
        while not self.is_done:
            try:
                await self.connect_and_read(self.random.randrange(1, 80))
            except (OSError, EOFError, asyncio.IncompleteReadError, websockets.WebSocketException):
                await asyncio.sleep(0.02)              # the server is away

    async def take(self, message: dict) -> None:
        if "event_type" in message:
            self.seen.append(message)
            self.place = f"{message['epoch']}:{message['offset']}"
            self.is_done = message["data"].get("final") is True
            if self.random.random() < 0.01:
                await asyncio.sleep(self.random.random() / 4)
            return
        match message["type"]:
            case "subscription_updated" if self.place is None:
                self.place, self.start = f"{message['epoch']}:{message['offset']}", message["offset"]
            case "hb":
                self.place = f"{message['epoch']}:{message['offset']}"
            case "gap":
                self.gaps.append(message)
            case "subscription_updated" | "going_away" | "close":
                pass
            case _:
                self.surprises.append(json.dumps(message))

    def faults(self, log: list[dict]) -> list[str]:
        wanted = [event for event in log if event["offset"] > self.start and event["event_type"] in self.events
                  and (not self.filters or passes(event))]
        offsets = [event["offset"] for event in self.seen]
        if self.seen == wanted:
            return self.surprises
        announced = {offset for gap in self.gaps for offset in range(gap["from"], gap["to"] + 1)}
        lost = {event["offset"] for event in wanted} - set(offsets) - announced
        foreign = set(offsets) - {event["offset"] for event in wanted}
        order = [pair for pair in zip(offsets, offsets[1:]) if pair[0] >= pair[1]]
        return self.surprises + [f"lost {sorted(lost)}, not wanted {sorted(foreign)}, out of order {order}"] * bool(
            lost or foreign or order)


class SocketReader(Reader):
    async def connect_and_read(self, count: int) -> None:
        # No closing handshake: a drop is a drop.
        socket = await websockets.connect(f"ws://localhost:{self.server.port}{API}/ws/live-scores")
        try:
            self.connections += 1
            wish = {"type": "subscribe", "events": self.events}
            if self.filters:
                wish["filter"] = FILTER
            if self.place:
                epoch, offset = self.place.split(":")
                wish["since"] = {"epoch": epoch, "offset": int(offset)}
            await socket.send(json.dumps(wish))
            for _ in range(count):
                await self.take(json.loads(await socket.recv()))
                if self.is_done:
                    return
        finally:
            socket.transport.abort()


class StreamReader(Reader):
    async def connect_and_read(self, count: int) -> None:
        query = {"events": ",".join(self.events)}
        if self.filters:
            query["filter"] = json.dumps(FILTER)
        port = self.server.port
        fields = f"Host: localhost:{port}\r\n"
        if self.random.random() < 0.3 and self.asks_for_tickets:
            ticket = await asyncio.to_thread(self.server.post, API + "/events/ticket", b"")
            if ticket.status == 200:
                query["ticket"] = ticket.json["ticket"]
        if self.place and self.random.random() < 0.5:
            fields += f"Last-Event-ID: {self.place}\r\n"
        elif self.place:
            query["last_event_id"] = self.place
        reader, writer = await asyncio.open_connection("localhost", port, limit=1 << 20)
        try:
            target = f"{API}/events?{urllib.parse.urlencode(query)}"
            writer.write(f"GET {target} HTTP/1.1\r\n{fields}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if not head.startswith("HTTP/1.1 200"):
                # Going away; or a ticket that did not get to Redis in time is not known to another node.
                assert head.startswith("HTTP/1.1 503") or "ticket" in query and head.startswith("HTTP/1.1 401"), head
                return await asyncio.sleep(0.02)
            self.connections += 1
            while count > 0:
                size = int(await reader.readuntil(b"\r\n"), 16)
                if size == 0:
                    return
                block = (await reader.readexactly(size + 2))[:-2].decode()
                assert block.endswith("\n\n"), block
                lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                if "data" not in lines:
                    continue
                await self.take(json.loads(lines["data"]))
                # As a browser keeps it: whatever has an id is where it would resume.
                self.place = lines.get("id", self.place)
                if self.is_done:
                    return
                count -= 1
        finally:
            writer.transport.abort()


def whole_log(server: Server) -> list[dict]:
    log, place = [], None
    while True:
        page = server.get(f"{API}/events/history?limit=500" + (f"&since={place}" if place else "")).json
        assert "gap" not in page and "reset" not in page
        log += page["events"]
        place = page["next"]
        if page["complete"]:
            return log


def newest_first(server: Server) -> list[dict]:
    log, place = [], None
    while True:
        since = f"&since={place}" if place else ""
        page = server.get(f"{API}/events/history?limit=333&reverse=true{since}").json
        log += page["events"]
        place = page["next"]
        if page["complete"]:
            return log


async def last_event(server, publishers: list[Publisher], lives: list[asyncio.Task]) -> None:
    """When everything is published, the event that ends every reader's life."""
    while any(publisher.is_alive() for publisher in publishers):
        await asyncio.sleep(0.02)
    final = {"event_type": "custom", "data": {"final": True}}
    answer = await asyncio.to_thread(server.post, API + "/ws/broadcast", final)
    assert answer.status == 200, answer.body
    done, waiting = await asyncio.wait(lives, timeout=120)
    for life in waiting:
        life.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*lives)


def judge(readers: list[Reader], log: list[dict], seed: int) -> None:
    """Each has seen what it wished for and nothing else, in order and once, up to the last event."""
    for reader in readers:
        assert reader.faults(log) == [], f"{type(reader).__name__}; replay with LEADWIRE_SEED={seed}"
        assert reader.is_done, f"{type(reader).__name__} stands at {reader.place}; LEADWIRE_SEED={seed}"


def test_whatever_drops_every_client_has_the_log_once_and_in_order(own_server):
    seed = int(os.environ.get("LEADWIRE_SEED") or random.randrange(1 << 32))
    publishers = [Publisher(own_server, number) for number in range(PUBLISHERS)]
    readers = [kind(own_server, number, seed) for kind in (SocketReader, StreamReader) for number in range(READERS)]

    def published() -> int:
        return sum(publisher.done for publisher in publishers)

    async def scene():
        lives = [asyncio.create_task(reader.live()) for reader in readers]
        while any(reader.place is None for reader in readers):
            await asyncio.sleep(0.02)
        for publisher in publishers:
            publisher.start()
        while published() < PUBLISHERS * MESSAGES / 2:
            await asyncio.sleep(0.02)
        own_server.signal(signal.SIGTERM)
        assert await asyncio.to_thread(own_server.exit_code) == 0
        await asyncio.to_thread(own_server.start)
        await last_event(own_server, publishers, lives)

    started = time.monotonic()
    asyncio.run(asyncio.wait_for(scene(), LIMIT))
    log = whole_log(own_server)
    assert published() == PUBLISHERS * MESSAGES and len(log) > published()
    assert [event["offset"] for event in log] == list(range(1, len(log) + 1))
    assert newest_first(own_server) == log[::-1]
    judge(readers, log, seed)
    connections = sum(reader.connections for reader in readers)
    assert connections > 100, connections
    print(f"{len(log)} events, {connections} connections, {sum(len(reader.seen) for reader in readers)} deliveries, "
          f"{sum(len(reader.gaps) for reader in readers)} gaps, {time.monotonic() - started:.1f} s")
