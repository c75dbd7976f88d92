"""A proxy between a browser and the server under test that breaks connections on command, and serves the test's page.

Local mode takes pages of its own origin only, so the page and the stream must come from one address: the proxy answers
the paths of `pages` itself and forwards the rest, with `Host` and `Origin` rewritten to the server's. It runs on a
thread of its own; every public method may be called from the test and has taken effect when it returns.
"""

import asyncio
import collections
import contextlib
import dataclasses
import json
import socket
import struct
import threading

TEXT, CLOSE = 1, 8


@dataclasses.dataclass
class Cut:
    """Ends one WebSocket by a reset in place of its text frame number `after` + 1, or in the middle of it."""

    after: int
    inside: bool = False


@dataclasses.dataclass
class Frame:
    raw: bytes
    opcode: int
    payload: bytes

    @staticmethod
    async def read(stream: asyncio.StreamReader) -> "Frame":
        raw = await stream.readexactly(2)
        length = raw[1] & 0x7F
        if length >= 126:
            raw += (more := await stream.readexactly(2 if length == 126 else 8))
            length = int.from_bytes(more, "big")
        if raw[1] & 0x80:
            raw += (mask := await stream.readexactly(4))
        payload = await stream.readexactly(length)
        raw += payload
        if raw[1] & 0x80:
            payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        return Frame(raw, raw[0] & 0x0F, payload)

    @staticmethod
    def text(message) -> bytes:
        payload = json.dumps(message).encode()
        size = len(payload)
        length = bytes([size]) if size < 126 else struct.pack("!BH", 126, size)
        return bytes([0x80 | TEXT]) + length + payload


def reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Link:
    """One forwarded WebSocket."""

    def __init__(self, client, server):
        self.client_reader, self.client = client
        self.server_reader, self.server = server
        self.flows = asyncio.Event()
        self.flows.set()
        self.is_closing = False

    def say_goodbye(self, code: int) -> None:
        self.client.write(bytes([0x80 | CLOSE, 2]) + struct.pack("!H", code))
        self.is_closing = True

    def cut(self) -> None:
        reset(self.client)
        reset(self.server)


class FaultProxy:
    def __init__(self, port: int, pages: dict[str, tuple[str, bytes]]):
        self.server_port, self.pages = port, pages
        self.links: set[Link] = set()
        # What happened, for the test to read.
        self.upgrades: list[dict[str, str]] = []  # the headers of each WebSocket request, forwarded or not
        self.opened = 0  # WebSockets that the server accepted
        self.sent: list[dict] = []  # by clients
        self.received: list[dict] = []  # from the server, as far as it was passed on
        # What is wrong with connections to come.
        self.cuts: collections.deque[Cut] = collections.deque()  # one for each next WebSocket
        self.delay = 0.0  # seconds before each frame of the server
        self.refuses = False  # resets what is accepted
        self.is_silent = False  # accepts, and never says a word
        self.carries_tokens = False  # the token of the subprotocol becomes a header, as a server with tokens reads it
        self.held: list[asyncio.StreamWriter] = []

    # For the test

    def __enter__(self) -> "FaultProxy":
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listener = self.do(asyncio.start_server(self.accept, "127.0.0.1", 0))
        self.port = self.listener.sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_) -> None:
        self.do(self.shut_down())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def cut(self) -> int:
        """Resets every WebSocket now; how many there were."""
        return self.on_loop(lambda: len([link.cut() for link in list(self.links)]))

    def stall(self) -> int:
        """Every WebSocket of now turns into a black hole: it stays open, and nothing comes through any more."""
        return self.on_loop(lambda: len([link.flows.clear() for link in list(self.links)]))

    def inject(self, message: dict) -> None:
        """A message that the server did not send, on every WebSocket."""
        self.on_loop(lambda: [link.client.write(Frame.text(message)) for link in list(self.links)])

    def close(self, code: int) -> None:
        """A close frame that the server did not send, on every WebSocket, and the last that comes from this side. The
        client's answer goes to the server, which takes it for a goodbye."""
        self.on_loop(lambda: [link.say_goodbye(code) for link in list(self.links)])

    def on_loop(self, call):
        async def run():
            return call()

        return self.do(run())

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(15)

    # On the loop

    async def shut_down(self) -> None:
        self.listener.close()
        for link in list(self.links):
            link.cut()
        for writer in self.held:
            reset(writer)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.serve(reader, writer)
        except asyncio.IncompleteReadError:  # one side has finished
            writer.close()
        except (OSError, asyncio.CancelledError):  # no server, or the proxy is shut down
            reset(writer)
        else:
            writer.close()

    async def serve(self, reader, writer) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        path = first.split(" ")[1]
        if path in self.pages:
            kind, body = self.pages[path]
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                         "Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode() + body)
            return await writer.drain()
        is_websocket = headers.get("upgrade", "").lower() == "websocket"
        if is_websocket:
            self.upgrades.append(dict(headers))
            if self.refuses:
                return reset(writer)
            if self.is_silent:
                self.held.append(writer)
                await reader.read()
                return None
        protocol = self.rewrite(headers, is_websocket)
        server_reader, server = await asyncio.open_connection("127.0.0.1", self.server_port)
        lines = [first, *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        server.write("\r\n".join(lines).encode("latin-1"))
        if not is_websocket:
            return await self.splice((reader, writer), (server_reader, server))
        answer = await server_reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101 "):
            writer.write(answer)
            return await self.splice((reader, writer), (server_reader, server))
        if protocol:
            answer = answer[:-2] + f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n".encode()
        writer.write(answer)
        await self.forward(Link((reader, writer), (server_reader, server)))
        return None

    def rewrite(self, headers: dict[str, str], is_websocket: bool) -> str | None:
        """Makes the request the server's own; returns the subprotocol to answer with, if the proxy must."""
        headers["host"] = f"localhost:{self.server_port}"
        if "origin" in headers:
            headers["origin"] = f"http://localhost:{self.server_port}"
        if not is_websocket:
            headers["connection"] = "close"
        if not (self.carries_tokens and "sec-websocket-protocol" in headers):
            return None
        protocol, token = headers.pop("sec-websocket-protocol").split(", ")
        headers["authorization"] = "Bearer " + token.removeprefix("bearer.")
        return protocol

    async def splice(self, client, server) -> None:
        async def pump(reader, writer):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()

        up = asyncio.create_task(pump(client[0], server[1]))
        try:
            await pump(server[0], client[1])  # the server ends what is not a WebSocket
        finally:
            up.cancel()
            server[1].close()

    async def forward(self, link: Link) -> None:
        self.links.add(link)
        self.opened += 1
        plan = self.cuts.popleft() if self.cuts else None
        pumps = [asyncio.create_task(self.upstream(link)), asyncio.create_task(self.downstream(link, plan))]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in pumps:
                task.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self.links.discard(link)
            reset(link.server)

    async def upstream(self, link: Link) -> None:
        while True:
            frame = await Frame.read(link.client_reader)
            await link.flows.wait()
            if frame.opcode == TEXT:
                self.sent.append(json.loads(frame.payload))
            link.server.write(frame.raw)
            await link.server.drain()

    async def downstream(self, link: Link, plan: Cut | None) -> None:
        passed = 0
        while True:
            frame = await Frame.read(link.server_reader)
            if self.delay:
                await asyncio.sleep(self.delay)
            await link.flows.wait()
            if link.is_closing:
                continue
            if plan and frame.opcode == TEXT and passed == plan.after:
                if plan.inside:
                    link.client.write(frame.raw[:len(frame.raw) // 2])
                    await link.client.drain()
                return link.cut()
            if frame.opcode == TEXT:
                passed += 1
                self.received.append(json.loads(frame.payload))
            link.client.write(frame.raw)
            await link.client.drain()
