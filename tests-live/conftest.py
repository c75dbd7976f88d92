"""Fixtures: the server under test, and what a missing tool means.

LEADWIRE_BIN   the built program; each test session starts it on a free loopback port.
LEADWIRE_URL   a server that runs already (http://localhost:PORT); tests that must start or stop one still need the program.
"""

import os
import pathlib
import shutil

import pytest

from server import Server


def missing(what: str):
    """Fails in CI, skips aloud elsewhere: a test that can't run is never quietly green."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must run this test", pytrace=False)
    pytest.skip(f"NOT RUN: {what} is missing")


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("LEADWIRE_BIN", "")
    if not path:
        missing("LEADWIRE_BIN, the path of the built program,")
    found = shutil.which(path) or (path if os.access(path, os.X_OK) else None)
    if found is None:
        missing(f"the program {path}")
    return str(pathlib.Path(found).resolve())


@pytest.fixture(scope="session")
def server(request, tmp_path_factory):
    """A server that the session's tests share: they use lead ids of their own and don't count what others did."""
    url = os.environ.get("LEADWIRE_URL")
    if url:
        running = Server("", tmp_path_factory.mktemp("none") / "data", port=int(url.rstrip("/").rsplit(":", 1)[1]))
        yield running
        return
    running = Server(request.getfixturevalue("binary"), tmp_path_factory.mktemp("shared") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def own_server(binary, tmp_path):
    """A server for one test, empty at first, that the test may kill."""
    running = Server(binary, tmp_path / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def tool():
    """Finds a program of the system, or says that it is missing."""

    def find(*names: str) -> str:
        for name in names:
            path = shutil.which(name)
            if path:
                return path
        missing(" or ".join(names))

    return find
