"""One leadwire process under test: started on a free loopback port with its own data folder, and stopped for sure."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

API = "/api/v1/ml"
TOKEN = {"Authorization": "Bearer test_token"}


# A promise in seconds is kept on a machine that is otherwise idle; CI's may stand still for as long.
PATIENCE = 10 if os.environ.get("CI") else 1


def wait_until(condition, what: str, seconds: float = 60.0):
    """The first true value of `condition()`, asked again and again; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.02)


given_ports: set[int] = set()


def free_port() -> int:
    """One that nothing listens on, and that was not given before: two are asked for before either is used."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in given_ports:
            given_ports.add(port)
            return port


class Answer:
    def __init__(self, status: int, headers, body: bytes):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


def request(base: str, method: str, path: str, body=None, headers=None, timeout: float = 15.0) -> Answer:
    """One HTTP exchange; a refusal is an answer, not an exception."""
    data = None
    headers = {**TOKEN, **(headers or {})}
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    message = urllib.request.Request(base + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(message, timeout=timeout) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


class Server:
    """`leadwire serve` on `port` with `data`; the log of all its lives is in `data/../serve.log`."""

    def __init__(self, binary: str, data: pathlib.Path, port: int | None = None, arguments: tuple[str, ...] = (),
                 token: str = "test_token"):
        self.binary, self.data, self.arguments = binary, data, arguments
        self.authorization = {"Authorization": f"Bearer {token}"}
        self.port = port or free_port()
        self.base = f"http://localhost:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> "Server":
        self.data.mkdir(parents=True, exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LEADWIRE_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--port", str(self.port), "--data", str(self.data),
                 *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=self.data.parent)
        wait_until(self.is_ready, f"{self.binary} serve is ready; its log:\n{self.tail()}", 120)
        return self

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"the server exited with {self.process.returncode}:\n{self.tail()}"
        with contextlib.suppress(OSError):
            return self.get("/health/ready", timeout=2).status == 200
        return False

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else "(none)"

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def exit_code(self, seconds: float = 20.0) -> int:
        return self.process.wait(timeout=seconds)

    def stop(self) -> None:
        """Ends the process whatever its state; a test that cares how it ends asks `exit_code` first."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=15)

    def get(self, path: str, **more) -> Answer:
        return self.request("GET", path, **more)

    def post(self, path: str, body, **more) -> Answer:
        return self.request("POST", path, body=body, **more)

    def request(self, method: str, path: str, headers=None, **more) -> Answer:
        return request(self.base, method, path, headers={**self.authorization, **(headers or {})}, **more)

    def score(self, lead_id: str, **fields) -> dict:
        answer = self.post(API + "/score", {"lead_id": lead_id, **fields})
        assert answer.status == 200, f"{answer.status} {answer.body[:500]}"
        return answer.json


def serve(binary: str, *arguments: str) -> subprocess.CompletedProcess:
    """`leadwire serve` that is meant to end by itself: what it says and how."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LEADWIRE_", "PG"))}
    return subprocess.run(
        [binary, "serve", "--port", "0", *arguments], capture_output=True, text=True, timeout=30, env=environment,
        cwd="/")
