"""Two servers over one database, as one that can be asked: whoever asks gets a node that lives."""

import os
import pathlib
import random
import signal
import subprocess
import uuid

import pytest

from conftest import missing
from server import Answer, Server, free_port, wait_until


def psql(address: str, text: str) -> str:
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", text]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


@pytest.fixture
def address(tool) -> str:
    """A database of its own in the server that scripts/postgres-test-server.sh started."""
    tool("psql")
    given = os.environ.get("LEADWIRE_TEST_POSTGRES", "")
    if not given:
        missing("LEADWIRE_TEST_POSTGRES, a server's address,")
    name = f"live_{uuid.uuid4().hex}"
    psql(given, f"CREATE DATABASE {name}")
    yield given.replace("/postgres?", f"/{name}?")
    psql(given, f"DROP DATABASE {name} WITH (FORCE)")


class Nodes:
    """`leadwire serve` twice; `port` is a living node's, another one at random each time."""

    def __init__(self, binary: str, folder: pathlib.Path, arguments: tuple[str, ...], count: int = 2):
        self.all = [Server(binary, folder / f"node{number}", arguments=arguments) for number in range(count)]
        self.living = list(self.all)

    def start(self) -> "Nodes":
        for node in self.all:
            node.start()
        return self

    def stop(self) -> None:
        for node in self.all:
            node.stop()

    @property
    def port(self) -> int:
        return random.choice(self.living).port

    def get(self, path: str, **more) -> Answer:
        return random.choice(self.living).get(path, **more)

    def post(self, path: str, body, **more) -> Answer:
        return random.choice(self.living).post(path, body, **more)


class Redis:
    """A Redis server of the test's own, without persistence: one that starts again is empty."""

    def __init__(self, program: str, client: str):
        self.program, self.client, self.port = program, client, free_port()
        self.password = uuid.uuid4().hex
        self.address = f"redis://:{self.password}@127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def start(self) -> "Redis":
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--requirepass", self.password], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.command("PING") == "PONG", "Redis answers", 10)
        return self

    def command(self, *words: str) -> str:
        environment = {**os.environ, "REDISCLI_AUTH": self.password}
        answer = subprocess.run(
            [self.client, "-p", str(self.port), *words], capture_output=True, text=True, timeout=10, env=environment)
        return answer.stdout.strip()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture
def own_redis(tool):
    redis = Redis(tool("redis-server"), tool("redis-cli")).start()
    yield redis
    redis.resume()
    redis.kill()
