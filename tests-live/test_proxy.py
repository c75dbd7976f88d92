"""The stream through a real proxy, nginx with its defaults: what is posted arrives at once, on both transports."""

import http.client
import json
import pathlib
import subprocess
import time

import pytest
from websockets.sync.client import connect

from server import API, Server, free_port, wait_until
from tokens import Issuer

CONFIGURATION = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1; proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
        }}
    }}
}}
"""


class Proxy:
    def __init__(self, program: str, folder: pathlib.Path, upstream: int):
        folder.mkdir()
        self.port = free_port()
        file = folder / "nginx.conf"
        file.write_text(CONFIGURATION.format(folder=folder, port=self.port, upstream=upstream))
        self.process = subprocess.Popen([program, "-p", str(folder), "-c", str(file)], stderr=subprocess.DEVNULL)
        wait_until(self.answers, "nginx answers", 10)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture
def scene(binary, tool, tmp_path):
    """In JWT mode: local mode takes nothing that comes through a proxy."""
    program = tool("nginx", "/usr/sbin/nginx")
    issuer = Issuer(tmp_path / "issuer")
    server = issuer.server(binary, tmp_path / "data").start()
    proxy = Proxy(program, tmp_path / "nginx", server.port)
    yield server, proxy, {"Authorization": "Bearer " + issuer.token("ann")}
    proxy.stop()
    server.stop()


def post(server: Server, number: int) -> float:
    answer = server.post(API + "/ws/broadcast", {"event_type": "custom", "data": {"number": number}})
    assert answer.status == 200, answer.body
    return time.monotonic()


def test_events_arrive_at_once_over_a_websocket(scene):
    server, proxy, token = scene
    with connect(f"ws://127.0.0.1:{proxy.port}{API}/ws/live-scores", additional_headers=token) as socket:
        socket.send(json.dumps({"type": "subscribe", "events": ["custom"]}))
        assert json.loads(socket.recv(timeout=10))["type"] == "subscription_updated"
        for number in range(5):
            posted = post(server, number)
            assert json.loads(socket.recv(timeout=15))["data"]["number"] == number
            # One that was held back would come with the next, which is not sent before.
            assert time.monotonic() - posted < 10


def test_nothing_of_an_event_stream_is_held_back_in_a_buffer(scene):
    server, proxy, token = scene
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=15)
    connection.request("GET", API + "/events?events=custom", headers=token)
    answer = connection.getresponse()
    assert answer.status == 200 and answer.getheader("Content-Type") == "text/event-stream"
    for number in range(5):
        posted = post(server, number)
        line = b""
        while not line.startswith(b"data:") or b'"number"' not in line:
            line = answer.readline()
            assert line, "the stream ended"
        assert json.loads(line[5:])["data"]["number"] == number and time.monotonic() - posted < 10
    connection.close()
