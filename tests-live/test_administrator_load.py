"""An administrator who asks for all connections, again and again, does not slow the stream down. 10,000 connections;
runs with LEADWIRE_SOAK=1."""

import asyncio
import json
import multiprocessing
import os
import re
import time

import pytest

from raw_stream import Stream, message, raise_file_limit
from server import API, request
from test_slow_reader import quantile

SOAK = os.environ.get("LEADWIRE_SOAK") == "1"
CONNECTIONS = 10_000
READERS = 200
EVENTS = 200
SENT = re.compile(rb'"sent": ?([0-9.]+)')


def walk(base: str, ended, walks, listed) -> None:
    """Through all pages of the list, again and again, until `ended`."""
    while not ended.is_set():
        cursor, count = "", 0
        while cursor is not None:
            page = request(base, "GET", f"{API}/ws/connections?limit=1000" + (f"&cursor={cursor}" if cursor else "")).json
            count += len(page["connections"])
            cursor = page["next_cursor"]
        listed.value = count
        walks.value += 1


def burn(base: str, ended, walks, listed) -> None:
    """As busy as an administrator and the server's work for him together, which take turns: one core. Asks nothing."""
    page = [{"id": f"n1-{number}", "user": "local", "subscriptions": ["custom"]} for number in range(1_000)]
    while not ended.is_set():
        json.loads(json.dumps(page))
        walks.value += 1


class Asker:
    """An administrator in a process of its own: reading 4 MB of JSON must not hold up the one that measures."""

    def __init__(self, base: str, work=walk):
        context = multiprocessing.get_context("spawn")
        self.ended, self.walks, self.listed = context.Event(), context.Value("i", 0), context.Value("i", 0)
        self.process = context.Process(target=work, args=(base, self.ended, self.walks, self.listed), daemon=True)
        self.process.start()

    def stop(self) -> tuple[int, int]:
        self.ended.set()
        self.process.join(timeout=60)
        assert self.process.exitcode == 0, self.process.exitcode
        return self.walks.value, self.listed.value


@pytest.mark.skipif(not SOAK, reason="NOT RUN: 10,000 connections, with LEADWIRE_SOAK=1")
def test_asking_for_ten_thousand_connections_does_not_move_the_streams_p99(own_server):
    if raise_file_limit(CONNECTIONS + 500) < CONNECTIONS + 500:
        pytest.fail("the limit of open files is below 10,500")
    latencies: list[float] = []

    def measure(stream: Stream, text: bytes) -> None:
        if text.startswith(b'{"event_type"'):
            latencies.append(time.monotonic() - float(SENT.search(text).group(1)))

    def publish(count: int) -> None:
        for _ in range(count):
            answer = own_server.post(
                API + "/ws/broadcast", {"event_type": "custom", "data": {"sent": round(time.monotonic(), 6)}})
            assert answer.status == 200, answer.body

    async def round_of(count: int) -> list[float]:
        latencies.clear()
        await asyncio.to_thread(publish, count)
        while len(latencies) < count * READERS:      # the last deliveries are under way
            await asyncio.sleep(0.01)
        return sorted(latencies)

    async def scene():
        idle = []
        for _ in range(0, CONNECTIONS - READERS, 200):
            idle += await asyncio.gather(*(Stream.open(
                own_server.port, first=message(type="subscribe", events=["model_status"])) for _ in range(200)))
        readers = [await Stream.open(own_server.port, measure, first=message(type="subscribe", events=["custom"]))
                   for _ in range(READERS)]
        await round_of(100)
        # Alternately, so that what else the machine does falls on both.
        alone, busy, asked, walks = [], [], [], 0
        for _ in range(3):
            alone += await round_of(EVENTS)
            burner = Asker(own_server.base, burn)
            busy += await round_of(EVENTS)
            await asyncio.to_thread(burner.stop)
            asker = Asker(own_server.base)
            asked += await round_of(EVENTS)
            count, listed = await asyncio.to_thread(asker.stop)
            assert count > 0 and listed == CONNECTIONS, (count, listed)
            walks += count
        metrics = (await asyncio.to_thread(own_server.get, API + "/ws/metrics")).json
        for stream in [*idle, *readers]:
            stream.transport.abort()
        return alone, busy, asked, walks, metrics

    alone, busy, asked, walks, metrics = asyncio.run(asyncio.wait_for(scene(), 600))
    assert metrics["connections"]["peak"] == CONNECTIONS
    of = {name: tuple(quantile(sorted(values), share) * 1e3 for share in (0.5, 0.99))
          for name, values in (("alone", alone), ("busy", busy), ("asked", asked))}
    print(f"{len(alone)} deliveries each, p50 and p99: alone {of['alone'][0]:.1f} and {of['alone'][1]:.1f} ms; with one core "
          f"taken by a stranger {of['busy'][0]:.1f} and {of['busy'][1]:.1f} ms; while {walks} times all {CONNECTIONS} were "
          f"listed {of['asked'][0]:.1f} and {of['asked'][1]:.1f} ms")
    # What the list itself does to the stream, beyond the core that asking and reading it take.
    assert of["asked"][1] < 1.5 * of["busy"][1] + 10, of
