"""What a connection of the stream and a filter cost the whole server: memory, and time for each event. Runs with
LEADWIRE_SOAK=1; the figures mean something for a release build on a quiet machine."""

import asyncio
import os
import pathlib
import re
import time

import pytest

from raw_stream import Stream, message, raise_file_limit
from server import API

SOAK = os.environ.get("LEADWIRE_SOAK") == "1"
CONNECTIONS = (2_000, 5_000)
EVENTS = 200
# The budget of an idle subscribed connection (measured: 5.1), and about twice what a distinct filter was measured with.
CONNECTION_KIB, FILTER_BYTES = 6.5, 600


def anonymous_kib(pid: int) -> int:
    """Of the process alone: no file, no kernel memory of its sockets."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"^Pss_(?:Anon|Shmem): +(\d+) kB", text, re.M))


def cpu_seconds(pid: int) -> float:
    """By the scheduler's account of every thread."""
    return sum(int(task.read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


@pytest.mark.skipif(not SOAK, reason="NOT RUN: 5,000 connections, with LEADWIRE_SOAK=1")
def test_what_connections_and_filters_cost(own_server):
    if raise_file_limit(CONNECTIONS[-1] + 500) < CONNECTIONS[-1] + 500:
        pytest.fail("the limit of open files is below 5,500")
    pid = own_server.process.pid
    updated, received = 0, []

    def count(stream: Stream, text: bytes) -> None:
        nonlocal updated
        updated += b'"subscription_updated"' in text
        if text.startswith(b'{"event_type"'):
            received.append(time.monotonic())

    async def until(condition, what: str) -> None:
        deadline = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < deadline, what
            await asyncio.sleep(0.02)

    async def subscribe(streams: list[Stream], event: str, condition) -> None:
        """Each with a filter of its own, `condition(number)`."""
        before = updated
        for start in range(0, len(streams), 500):
            for number, stream in enumerate(streams[start:start + 500], start):
                stream.send(type="subscribe", events=[event], filter=condition(number))
            await until(lambda: updated >= before + min(start + 500, len(streams)), "the answers")

    async def publish(value) -> tuple[float, float]:
        """CPU of the server and latency to the one reader that wants it, in milliseconds for an event."""
        def post(number: int) -> float:
            sent = time.monotonic()
            data = {"event_type": "custom", "data": {"n": value(number)}}
            assert own_server.post(API + "/ws/broadcast", data).status == 200
            return sent

        for number in range(20):
            await asyncio.to_thread(post, number)
        received.clear()
        used, waits = cpu_seconds(pid), []
        for number in range(EVENTS):
            sent = await asyncio.to_thread(post, number)
            if value(number) >= 0:
                await until(lambda: len(received) > number, "the event")
                waits.append(received[number] - sent)
        latency = sorted(waits)[len(waits) // 2] * 1e3 if waits else 0.0
        return (cpu_seconds(pid) - used) / EVENTS * 1e3, latency

    async def scene():
        streams, weights = [], [anonymous_kib(pid)]
        for wanted in CONNECTIONS:
            while len(streams) < wanted:
                streams += await asyncio.gather(*(Stream.open(
                    own_server.port, count, first=message(type="subscribe", events=["model_status"]))
                    for _ in range(min(100, wanted - len(streams)))))
            await until(lambda: updated == wanted, "all are subscribed")
            weights.append(anonymous_kib(pid))
        for first, event in ((0, "lead_scored"), (1, "custom")):
            await subscribe(streams, event, lambda number: {"eq": ["n", -2 - first]})
        shared, same = anonymous_kib(pid), await publish(lambda number: -1)
        for first, event in ((0, "lead_scored"), (1, "custom")):
            await subscribe(streams, event, lambda number: {"eq": ["n", number]} if first else {"gt": ["n", number]})
        distinct, none = anonymous_kib(pid), await publish(lambda number: -1)
        one = await publish(lambda number: number * 7)
        metrics = own_server.get(API + "/ws/metrics").json
        for stream in streams:
            stream.transport.abort()
        return weights, shared, distinct, same, none, one, metrics

    weights, shared, distinct, same, none, one, metrics = asyncio.run(asyncio.wait_for(scene(), 600))
    per_connection = [(weight - weights[0]) / count for weight, count in zip(weights[1:], CONNECTIONS)]
    per_filter = (distinct - shared) * 1024 / (2 * CONNECTIONS[-1])
    print(f"anonymous memory {weights[0] / 1024:.1f} MiB with no connection; a connection, idle and subscribed: "
          + ", ".join(f"{kib:.1f} KiB of {count}" for kib, count in zip(per_connection, CONNECTIONS))
          + f"; a distinct filter {per_filter:.0f} bytes ({metrics['distinct_filters']} on the fullest loop, "
          f"{metrics['distinct_subscriptions']} groups); CPU of an event that nobody wants {same[0]:.2f} ms with one filter "
          f"for all, {none[0]:.2f} ms with {CONNECTIONS[-1]} distinct ones of its name; that one wants {one[0]:.2f} ms, "
          f"from POST to reader {one[1]:.2f} ms")
    assert max(per_connection) < CONNECTION_KIB and per_filter < FILTER_BYTES
