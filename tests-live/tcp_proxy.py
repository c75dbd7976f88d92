"""A TCP proxy on loopback that does what networks do: refuse, swallow, stop in the middle, and be slow."""

import asyncio
import contextlib
import socket
import threading

from faults import reset


class TcpProxy:
    """Forwards to `port` of this machine; every public method has taken effect when it returns."""

    def __init__(self, port: int):
        self.server_port = port
        self.port = 0
        self.delay = 0.0  # seconds before each piece of the server's answers
        self.is_silent = False  # accepts, and never says a word
        self.links: set["Link"] = set()
        self.held: list[asyncio.StreamWriter] = []

    def __enter__(self) -> "TcpProxy":
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listen()
        return self

    def __exit__(self, *_) -> None:
        self.do(self.shut_down())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(15)

    # What can be wrong with a network

    def listen(self) -> None:
        async def open_port():
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
            self.listener = await asyncio.start_server(self.accept, sock=listener)

        self.do(open_port())

    def refuse(self) -> None:
        """Nobody listens any more, and open connections are reset."""

        async def close_port():
            self.listener.close()
            self.cut()

        self.do(close_port())

    def stall(self) -> None:
        """The connections of now stay open, and nothing comes through any more; new ones are well."""

        async def stop():
            for link in self.links:
                link.flows.clear()

        self.do(stop())

    def swallow(self) -> None:
        self.is_silent = True
        self.stall()

    def release(self) -> None:
        """New connections are well; those that were swallowed hear nothing more."""
        self.is_silent = False

    # On the loop

    def cut(self) -> None:
        for link in list(self.links):
            reset(link.client)
            reset(link.server)
        for writer in self.held:
            reset(writer)
        self.held = []

    async def shut_down(self) -> None:
        self.listener.close()
        self.cut()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_silent:
            self.held.append(writer)
            with contextlib.suppress(OSError, asyncio.CancelledError):
                while await reader.read(1 << 16):
                    pass
            return
        try:
            server_reader, server = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            return reset(writer)
        link = Link(self, (reader, writer), (server_reader, server))
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)
        return None


class Link:
    def __init__(self, proxy: TcpProxy, client, server):
        self.proxy = proxy
        self.client_reader, self.client = client
        self.server_reader, self.server = server
        self.flows = asyncio.Event()
        self.flows.set()

    async def run(self) -> None:
        pumps = [
            asyncio.create_task(self.pump(self.client_reader, self.server, False)),
            asyncio.create_task(self.pump(self.server_reader, self.client, True)),
        ]
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        reset(self.client)
        reset(self.server)

    async def pump(self, reader, writer, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                if is_answer and self.proxy.delay:
                    await asyncio.sleep(self.proxy.delay)
                await self.flows.wait()
                writer.write(data)
                await writer.drain()
