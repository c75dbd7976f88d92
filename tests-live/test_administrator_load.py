"""An administrator who asks for all connections, again and again, does not slow the stream down. 10,000 connections;
runs with LEADWIRE_SOAK=1."""

import asyncio
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


class Asker:
    """An administrator in a process of its own: reading 4 MB of JSON must not hold up the one that measures."""

    def __init__(self, base: str):
        context = multiprocessing.get_context("spawn")
        self.ended, self.walks, self.listed = context.Event(), context.Value("i", 0), context.Value("i", 0)
        self.process = context.Process(target=walk, args=(base, self.ended, self.walks, self.listed), daemon=True)
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
        alone, asked, walks = [], [], 0
        for _ in range(3):
            alone += await round_of(EVENTS)
            asker = Asker(own_server.base)
            asked += await round_of(EVENTS)
            count, listed = await asyncio.to_thread(asker.stop)
            assert count > 0 and listed == CONNECTIONS, (count, listed)
            walks += count
        metrics = (await asyncio.to_thread(own_server.get, API + "/ws/metrics")).json
        for stream in [*idle, *readers]:
            stream.transport.abort()
        return alone, asked, walks, metrics

    alone, asked, walks, metrics = asyncio.run(asyncio.wait_for(scene(), 600))
    assert metrics["connections"]["peak"] == CONNECTIONS
    p99 = quantile(alone, 0.99), quantile(asked, 0.99)
    print(f"{len(alone)} deliveries each: p50 {quantile(alone, .5) * 1e3:.1f} and {quantile(asked, .5) * 1e3:.1f} ms, p99 "
          f"{p99[0] * 1e3:.1f} ms alone, {p99[1] * 1e3:.1f} ms while {walks} times all {CONNECTIONS} were listed")
    assert p99[1] < 2 * p99[0] + 0.05, f"p99 went from {p99[0] * 1e3:.1f} to {p99[1] * 1e3:.1f} ms"
