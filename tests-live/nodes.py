"""Two servers over one database, as one that can be asked: whoever asks gets a node that lives."""

import os
import pathlib
import random
import subprocess
import urllib.parse
import uuid

import pytest

from conftest import missing
from server import Answer, Server


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


def password(address: str) -> str:
    return urllib.parse.urlsplit(address).password


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
