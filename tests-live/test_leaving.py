"""A server that leaves: everybody is told when to come back, all come back to everything, and nobody can hold it up."""

import asyncio
import itertools
import os
import signal
import time

import pytest

from raw_stream import Follower, Stream, message, raise_file_limit
from server import API, Server

SOAK = os.environ.get("LEADWIRE_SOAK") == "1"
CLIENTS = 5_000 if SOAK else 400


class Publisher:
    """Publishes custom events, one after the other, and knows which offsets were acknowledged."""

    def __init__(self, server: Server):
        self.server = server
        self.numbers = itertools.count(1)
        self.acknowledged: list[int] = []

    def publish(self) -> int:
        answer = self.server.post(
            API + "/ws/broadcast", {"event_type": "custom", "data": {"number": next(self.numbers)}}, timeout=30)
        assert answer.status == 200, answer.body
        self.acknowledged.append(answer.json["offset"])
        return self.acknowledged[-1]

    def until_refused(self) -> None:
        """On and on until the server takes no more; the last one may or may not have been stored."""
        while True:
            try:
                self.publish()
            except (OSError, AssertionError):
                return


def test_a_restart_loses_nothing_and_repeats_nothing(own_server):
    async def come_back(follower: Follower) -> tuple[float, int]:
        """As a client does: when the server said so, and later with back-off if it is not there yet."""
        code = await asyncio.wait_for(follower.stream.closed, 60)
        assert code == 1001 and follower.after is not None, (code, follower.after)
        wait, refused = follower.after, 0
        while True:
            await asyncio.sleep(wait)                # not to synchronise: it is what `after_ms` asks for
            try:
                await follower.connect()
                return follower.after, refused
            except OSError:
                refused += 1
                wait = 0.5 * 2 ** min(refused, 4)

    async def scene():
        publisher = Publisher(own_server)
        followers = [Follower(own_server.port) for _ in range(CLIENTS)]
        for start in range(0, CLIENTS, 200):
            await asyncio.gather(*(follower.connect() for follower in followers[start:start + 200]))
        for _ in range(20):
            last = await asyncio.to_thread(publisher.publish)
        await asyncio.wait_for(asyncio.gather(*(follower.reach(last) for follower in followers)), 60)
        back = [asyncio.create_task(come_back(follower)) for follower in followers]
        load = asyncio.create_task(asyncio.to_thread(publisher.until_refused))
        while len(publisher.acknowledged) < 30:      # the signal comes while events are under way
            await asyncio.sleep(0.01)
        stopped = time.monotonic()
        own_server.signal(signal.SIGTERM)
        assert await asyncio.to_thread(own_server.exit_code) == 0, own_server.tail()
        await load
        ended = time.monotonic()
        await asyncio.to_thread(own_server.start)
        started = time.monotonic()
        # Some come back to a server that has published more in the meantime, some see it live.
        for _ in range(10):
            await asyncio.to_thread(publisher.publish)
        told = await asyncio.wait_for(asyncio.gather(*back), 120)
        returned = time.monotonic()
        last = await asyncio.to_thread(publisher.publish)
        await asyncio.wait_for(asyncio.gather(*(follower.reach(last) for follower in followers)), 60)
        faulty = [follower.faults for follower in followers if follower.faults]
        assert faulty == [], faulty[:3]
        first = followers[0].offsets[0]
        for follower in followers:
            # Each offset once and in order (a follower checks each step); so begin and end say all.
            assert (follower.offsets[0], follower.offsets[-1]) == (first, last)
            assert len(follower.offsets) == last - first + 1 and follower.subscribed == 2
        assert set(publisher.acknowledged) <= set(followers[0].offsets), "acknowledged, and never seen"
        after = sorted(after for after, _ in told)
        # Spread: nobody is asked back before the server may be there, and no half second gets everybody.
        assert after[0] >= 0.9 and after[-1] <= 6, (after[0], after[-1])
        busiest = max(sum(low <= value < low + 0.5 for value in after) for low in after)
        assert busiest <= CLIENTS / 3, f"{busiest} of {CLIENTS} are asked back within one half second"
        print(f"{CLIENTS} clients, {last - first + 1} events each: gone in {ended - stopped:.2f} s, up again after "
              f"{started - ended:.2f} s, all back {returned - started:.2f} s later; asked back {after[0]:.2f} to "
              f"{after[-1]:.2f} s after their goodbye; {sum(refused for _, refused in told)} met a closed port")
        for follower in followers:
            follower.stream.transport.abort()

    raise_file_limit(CLIENTS * 2 + 500)
    asyncio.run(scene())


def test_clients_that_neither_read_nor_close_do_not_hold_up_the_end(binary, tmp_path):
    stuck = 1_000
    # The server's settings are read from the folder that it is started in.
    (tmp_path / "leadwire.yaml").write_text("drain_window_ms: 200\ndrain_deadline_ms: 8000\n")
    raise_file_limit(stuck * 2 + 500)
    server = Server(binary, tmp_path / "data").start()

    async def scene():
        streams = []
        for _ in range(0, stuck, 100):
            streams += await asyncio.gather(*(Stream.open(
                server.port, first=message(type="subscribe", events=["custom"]), answers_close=False)
                for _ in range(100)))
        for stream in streams:
            stream.transport.pause_reading()
        # Something is on its way to each when the signal comes.
        await asyncio.to_thread(server.post, API + "/ws/broadcast", {"event_type": "custom", "data": {"x": "y" * 9_000}})
        started = time.monotonic()
        server.signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.exit_code, 30) == 0, server.tail()
        seconds = time.monotonic() - started
        assert seconds < 8, f"{stuck} stuck clients held the server up for {seconds:.2f} s"
        print(f"{stuck} stuck clients: ended {seconds:.2f} s after SIGTERM (sockets cut at 4 s, deadline 8 s)")
        for stream in streams:
            stream.transport.abort()

    try:
        asyncio.run(scene())
    finally:
        server.stop()


@pytest.mark.parametrize("settings, said", [
    ("drain_window_ms: 6000\n", "drain_window_ms must be at most half"),
    ("drain_deadline_ms: soon\n", "drain_deadline_ms must be an integer from 200"),
])
def test_impossible_drain_settings_are_refused_by_name(binary, tmp_path, settings, said):
    (tmp_path / "leadwire.yaml").write_text(settings)
    server = Server(binary, tmp_path / "data")
    with pytest.raises(AssertionError, match=said):
        server.start()
    server.stop()
