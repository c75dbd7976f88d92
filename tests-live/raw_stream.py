"""A WebSocket client on bare asyncio, small enough for thousands of connections in one process.

Not a general client: it masks with zeros, sends text only, and takes the frames that the server sends (whole, unmasked).
What a test needs and a library hides: reading can be stopped, bytes can be sent in any pieces, and the handshake and the
first messages can leave in one segment.
"""

import asyncio
import json
import re
import resource
import struct

from server import API

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
OFFSET = re.compile(rb'"offset":(\d+)')
LIMIT = 30.0


def raise_file_limit(wanted: int) -> int:
    """As many open files as the system allows this process and its children, up to `wanted`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))
    return max(soft, limit)


def frame(payload: bytes, first: int = 0x81, mask: bytes = b"\0\0\0\0") -> bytes:
    size = len(payload)
    head = bytes([first, 0x80 | size]) if size < 126 else struct.pack("!BBH", first, 0xFE, size)
    return head + mask + payload


def message(**fields) -> bytes:
    return frame(json.dumps(fields).encode())


def handshake(port: int, *, path: str = f"{API}/ws/live-scores", more: str = "") -> bytes:
    return (f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n").encode()


class Stream(asyncio.Protocol):
    """One connection. `on_text(stream, bytes)` is called for every message, `closed` has the close code in the end:
    None for a connection that ended without a close frame."""

    def __init__(self, on_text, first: bytes = b"", port: int = 0, answers_close: bool = True, more: str = ""):
        self.on_text = on_text
        self.first = handshake(port, more=more) + first
        self.answers_close = answers_close
        loop = asyncio.get_running_loop()
        self.upgraded: asyncio.Future = loop.create_future()
        self.closed: asyncio.Future = loop.create_future()
        self.transport: asyncio.Transport = None
        self.code = None
        self.data = bytearray()
        self.is_open = False

    @classmethod
    async def open(cls, port: int, on_text=lambda stream, text: None, **more) -> "Stream":
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(lambda: cls(on_text, port=port, **more), "127.0.0.1", port)
        await asyncio.wait_for(stream.upgraded, LIMIT)
        return stream

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.first)

    def connection_lost(self, error):
        if not self.upgraded.done():
            self.upgraded.set_exception(error or ConnectionResetError(f"no handshake: {bytes(self.data[:300])!r}"))
            self.upgraded.exception()
        self.closed.set_result(self.code)

    def data_received(self, data):
        self.data += data
        if not self.is_open:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self.data.startswith(b"HTTP/1.1 101 "):
                self.transport.abort()
                return
            del self.data[:end + 4]
            self.is_open = True
            self.upgraded.set_result(None)
        buffer, position, size = self.data, 0, len(self.data)
        while size - position >= 2:
            short = buffer[position + 1]
            start = position + (2 if short < 126 else 4 if short == 126 else 10)
            if start > size:
                break
            length = short if short < 126 else int.from_bytes(buffer[position + 2:start], "big")
            if start + length > size:
                break
            self.take(buffer[position], bytes(buffer[start:start + length]))
            position = start + length
        del buffer[:position]

    def take(self, first: int, payload: bytes):
        if first == 0x81:
            self.on_text(self, payload)
        elif first == 0x89:
            self.transport.write(frame(payload, 0x8A))
        elif first == 0x88:
            self.code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            if self.answers_close:
                self.transport.write(frame(payload, 0x88))
                self.transport.close()

    def send(self, **fields):
        self.transport.write(message(**fields))


class Follower:
    """Keeps every event of a type exactly as a client must: in order, by offset, resuming where it stood."""

    def __init__(self, port: int, kind: str = "custom"):
        self.port, self.kind = port, kind
        self.epoch, self.offset = None, None
        self.offsets: list[int] = []
        self.faults: list[str] = []
        self.after = None
        self.subscribed = 0
        self.stream: Stream = None
        self.wanted, self.reached = None, None

    def first(self) -> bytes:
        since = {} if self.offset is None else {"since": {"epoch": self.epoch, "offset": self.offset}}
        return message(type="subscribe", events=[self.kind], **since)

    async def connect(self) -> None:
        self.ready = asyncio.get_running_loop().create_future()
        self.stream = await Stream.open(self.port, self.on_text, first=self.first())
        await asyncio.wait_for(self.ready, LIMIT)

    async def reach(self, offset: int) -> None:
        """Returns when the event at `offset` has come."""
        if self.offset is not None and self.offset >= offset:
            return
        self.wanted, self.reached = offset, asyncio.get_running_loop().create_future()
        await self.reached

    def on_text(self, stream: Stream, text: bytes) -> None:
        if text.startswith(b'{"event_type"'):
            # Events of this type only are published, so nothing may be missing between two.
            offset = int(OFFSET.search(text, len(text) - 120).group(1))
            if offset != self.offset + 1:
                self.faults.append(f"{offset} after {self.offset}")
            self.offset = offset
            self.offsets.append(offset)
            if self.wanted is not None and offset >= self.wanted and not self.reached.done():
                self.reached.set_result(None)
            return
        told = json.loads(text)
        if told["type"] == "subscription_updated":
            self.subscribed += 1
            if self.offset is None:
                self.epoch, self.offset = told["epoch"], told["offset"]
            elif told["epoch"] != self.epoch or not told["recovered"]:
                self.faults.append(f"not recovered: {told}")
            if not self.ready.done():
                self.ready.set_result(None)
        elif told["type"] == "going_away":
            self.after = told["after_ms"] / 1000
        elif told["type"] != "hb":
            self.faults.append(f"unexpected: {told}")
