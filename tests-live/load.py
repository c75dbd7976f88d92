"""A small load client: leads over kept connections, either as fast as they are answered or at a given rate."""

import asyncio
import collections
import dataclasses
import json
import random
import time

from server import API


@dataclasses.dataclass
class Sample:
    at: float          # when it was sent, by time.monotonic()
    seconds: float
    status: int        # 0 where no whole answer came
    retry_after: bool


class Load:
    """`clients` connections to one server; `run` ends after `seconds`, or when `stop` is set.

    With `rate` requests a second are sent whatever happens to the earlier ones, as long as a connection is free; those
    for which none was are counted in `late`. Without it each client sends its next one when it has its answer, after a
    short pause where that is a refusal.
    """

    def __init__(self, port: int, clients: int, rate: float | None = None, pause: float = 0.05):
        self.port, self.clients, self.rate, self.pause = port, clients, rate, pause
        self.samples: list[Sample] = []
        self.late = 0
        self.serial = random.randrange(1 << 40)
        self.stopping = False

    def run(self, seconds: float) -> "Load":
        asyncio.run(self.send(seconds))
        return self

    def statuses(self, since: float = 0.0, until: float = float("inf")) -> collections.Counter:
        return collections.Counter(sample.status for sample in self.samples if since <= sample.at < until)

    def finished(self, since: float, until: float) -> collections.Counter:
        """By when the answer was there: at the last moment as many are unfinished as there are clients."""
        return collections.Counter(
            sample.status for sample in self.samples if since <= sample.at + sample.seconds < until)

    def quantile(self, share: float, status: int = 200) -> float:
        """Seconds, of the answers with that status."""
        times = sorted(sample.seconds for sample in self.samples if sample.status == status)
        return times[min(len(times) - 1, int(share * len(times)))]

    async def send(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds
        work: asyncio.Queue | None = asyncio.Queue() if self.rate else None
        tasks = [asyncio.create_task(self.client(work)) for _ in range(self.clients)]
        if work is not None:
            await self.pace(work)
        await asyncio.gather(*tasks)

    async def pace(self, work: asyncio.Queue) -> None:
        began, sent = time.monotonic(), 0
        while not self.is_over():
            due = int((time.monotonic() - began) * self.rate) - sent
            for _ in range(due):
                if work.qsize() >= self.clients:
                    self.late += 1
                else:
                    work.put_nowait(True)
            sent += due
            await asyncio.sleep(0.002)
        for _ in range(self.clients):
            work.put_nowait(False)

    def is_over(self) -> bool:
        return self.stopping or time.monotonic() >= self.end

    async def client(self, work: asyncio.Queue | None) -> None:
        streams = None
        while not self.is_over():
            if work is not None and not await work.get():
                break
            began = time.monotonic()
            try:
                if streams is None:
                    streams = await asyncio.open_connection("127.0.0.1", self.port)
                status, retry_after, closes = await asyncio.wait_for(self.exchange(*streams), 30)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                status, retry_after, closes = 0, False, True
            self.samples.append(Sample(began, time.monotonic() - began, status, retry_after))
            if closes and streams:
                streams[1].transport.abort()
                streams = None
            if status != 200 and work is None:
                await asyncio.sleep(self.pause)
        if streams:
            streams[1].close()

    async def exchange(self, reader, writer) -> tuple[int, bool, bool]:
        self.serial += 1
        body = json.dumps({"lead_id": f"load-{self.serial}", "message": f"Budget ${self.serial % 900}k, buy asap"})
        writer.write((f"POST {API}/score HTTP/1.1\r\nHost: localhost:{self.port}\r\nAuthorization: Bearer test_token\r\n"
                      f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        return int(head[9:12]), b"\r\nretry-after:" in head, b"\r\nconnection: close" in head
