"""An administrator who asks for all connections, again and again, does not slow the stream down. 10,000 connections;
runs with LEADWIRE_SOAK=1."""

import asyncio
import os
import re
import threading
import time

import pytest

from raw_stream import Stream, message, raise_file_limit
from server import API
from test_slow_reader import quantile

SOAK = os.environ.get("LEADWIRE_SOAK") == "1"
CONNECTIONS = 10_000
READERS = 200
EVENTS = 200
SENT = re.compile(rb'"sent":([0-9.]+)')


class Asker:
    """Walks through all pages of the list without a pause, in a thread of its own, until it is told to stop."""

    def __init__(self, server):
        self.server = server
        self.walks, self.listed = 0, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.ended.is_set():
            cursor, listed = "", 0
            while cursor is not None:
                page = self.server.get(f"{API}/ws/connections?limit=1000" + (f"&cursor={cursor}" if cursor else "")).json
                listed += len(page["connections"])
                cursor = page["next_cursor"]
            self.listed = listed
            self.walks += 1

    def stop(self) -> None:
        self.ended.set()
        self.thread.join(timeout=60)
        assert not self.thread.is_alive()


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
            asker = Asker(own_server)
            asked += await round_of(EVENTS)
            await asyncio.to_thread(asker.stop)
            assert asker.walks > 0 and asker.listed == CONNECTIONS, (asker.walks, asker.listed)
            walks += asker.walks
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
