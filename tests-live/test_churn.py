"""Connections that come and go, in every way that they can: nothing of them stays. 20,000 here, 200,000 with
LEADWIRE_SOAK=1."""

import asyncio
import os
import random
import socket
import struct
import time

from raw_stream import Stream, frame, handshake, message, raise_file_limit
from server import API, Server, wait_until
from test_slow_reader import resident_mb

SOAK = os.environ.get("LEADWIRE_SOAK") == "1"
CONNECTIONS = 200_000 if SOAK else 20_000
AT_ONCE = 100
# Before the first measurement: the allocator has seen the load by then.
WARM = 4_000
GROWTH_MB = 24


async def live_and_close(port: int, bye: bytes, first: bytes) -> str:
    stream = await Stream.open(port, first=first, answers_close=False)
    stream.transport.write(bye)
    await stream.closed
    return "closed"


async def close(port: int) -> str:
    return await live_and_close(port, frame(struct.pack("!H", 1000), 0x88), message(type="subscribe", events=["*"]))


async def close_silently(port: int) -> str:
    return await live_and_close(port, frame(b"", 0x88), b"")


async def break_the_protocol(port: int) -> str:
    return await live_and_close(port, b"\xff\xff\xff", message(type="subscribe", events=["custom"], filter={
        "eq": ["text", f"t{random.randrange(50)}"]}))


async def half_close(port: int) -> str:
    stream = await Stream.open(port, first=message(type="subscribe", events=["lead_scored", "custom"]))
    stream.transport.write_eof()
    await stream.closed
    return "closed"


async def reset(port: int) -> str:
    stream = await Stream.open(port, first=message(type="subscribe", events=["*"]))
    stream.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.transport.abort()
    await stream.closed
    return "closed"


async def leave_during_the_handshake(port: int) -> str:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    whole = handshake(port)
    writer.write(whole[:random.randrange(len(whole))])
    writer.transport.abort()
    return "never open"


WAYS = [close, close_silently, break_the_protocol, half_close, reset, leave_during_the_handshake]


async def churn(port: int, count: int) -> int:
    """Runs `count` lives, so many at once; the number of those that were open."""
    opened, serial = 0, iter(range(count))

    async def worker():
        nonlocal opened
        for number in serial:
            was_open = await WAYS[number % len(WAYS)](port) == "closed"
            opened += was_open                       # in one step: others count while we wait

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return opened


def is_empty(server: Server) -> dict | None:
    metrics = server.get(API + "/ws/metrics").json
    return metrics if metrics["active_connections"] == 0 else None


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_nothing_stays_of_connections_that_came_and_went(own_server):
    raise_file_limit(4_096)
    pid = own_server.process.pid
    files = open_files(pid)
    opened = asyncio.run(churn(own_server.port, WARM))
    wait_until(lambda: is_empty(own_server), "no connection is left after the warm-up", 60)
    before = resident_mb(pid)
    started = time.monotonic()
    opened += asyncio.run(churn(own_server.port, CONNECTIONS - WARM))
    seconds = time.monotonic() - started
    metrics = wait_until(lambda: is_empty(own_server), "no connection is left", 60)
    assert metrics["connections"]["total"] == opened == sum(metrics["closes"].values())
    assert metrics["connections"]["current"] == 0 and sum(metrics["connections"]["by_role"].values()) == 0
    assert sum(metrics["subscriptions"].values()) == 0, metrics["subscriptions"]
    assert (metrics["distinct_subscriptions"], metrics["distinct_filters"]) == (0, 0), "no group, no filter is kept"
    assert metrics["consumers"]["lagging"] == metrics["consumers"]["stalled"] == metrics["consumers"]["buffered_bytes"] == 0
    page = own_server.get(API + "/ws/connections").json
    assert page["connections"] == []
    wait_until(lambda: open_files(pid) <= files + 4, "their sockets are closed")
    after = resident_mb(pid)
    print(f"{CONNECTIONS} connections, {(CONNECTIONS - WARM) / seconds:.0f} a second, {opened} of them open; "
          f"RSS {before:.1f} MB after {WARM}, {after:.1f} MB in the end; closes {metrics['closes']}")
    assert after < before + GROWTH_MB, f"RSS went from {before:.1f} to {after:.1f} MB"
