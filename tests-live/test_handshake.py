"""What the protocol's conformance suite does not ask: handshakes that are none, in pieces, slow, and half-closed."""

import json
import socket

import pytest

from raw_stream import KEY, frame, handshake, message
from server import API

LIMIT = 15.0
PATH = f"{API}/ws/live-scores"
GOOD = {"Host": "localhost:PORT", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13"}


def head(port: int, method: str = "GET", path: str = PATH, version: str = "HTTP/1.1", fields=None, **changes) -> bytes:
    """A handshake with these header fields changed; a value of None leaves the field out, a list repeats it."""
    lines = [f"{method} {path} {version}"]
    for name, value in {**GOOD, **(fields or {})}.items():
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            lines.append(f"{name}: {one}".replace("PORT", str(port)))
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Peer:
    """A socket that sends what it is told to and reads to the end or to a mark."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def until(self, mark: bytes) -> bytes:
        while mark not in self.data:
            more = self.socket.recv(4096)
            assert more, f"closed before {mark!r}: {self.data!r}"
            self.data += more
        before, self.data = self.data.split(mark, 1)
        return before + mark

    def rest(self) -> bytes:
        while more := self.socket.recv(4096):
            self.data += more
        return self.data

    def text(self) -> dict:
        """The next short text message."""
        while len(self.data) < 4:
            self.data += self.socket.recv(4096)
        size = self.data[1] if self.data[1] < 126 else int.from_bytes(self.data[2:4], "big")
        start = 2 if self.data[1] < 126 else 4
        while len(self.data) < start + size:
            self.data += self.socket.recv(4096)
        payload, self.data = self.data[start:start + size], self.data[start + size:]
        return json.loads(payload)


@pytest.mark.parametrize("status, changes", [
    (101, {}),
    (101, {"fields": {"Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade"}}),
    (426, {"fields": {"Sec-WebSocket-Key": None}}),
    (426, {"fields": {"Sec-WebSocket-Key": ""}}),
    (426, {"fields": {"Sec-WebSocket-Key": "abc"}}),
    (426, {"fields": {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ"}}),
    (426, {"fields": {"Sec-WebSocket-Key": [KEY, KEY]}}),
    (426, {"fields": {"Sec-WebSocket-Version": None}}),
    (426, {"fields": {"Sec-WebSocket-Version": "8"}}),
    (426, {"fields": {"Sec-WebSocket-Version": ["13", "13"]}}),
    (426, {"fields": {"Connection": None}}),
    (426, {"fields": {"Connection": "keep-alive"}}),
    (426, {"fields": {"Upgrade": None}}),
    (426, {"fields": {"Upgrade": "h2c"}}),
    (426, {"version": "HTTP/1.0"}),
    # Its body would be read as frames.
    (426, {"fields": {"Content-Length": "3"}}),
    (426, {"fields": {"Transfer-Encoding": "chunked"}}),
    (400, {"fields": {"Host": None}}),
    (404, {"path": PATH + "x"}),
    (405, {"method": "POST", "fields": {"Content-Length": "0"}}),
], ids=str)
def test_only_a_whole_handshake_is_taken(server, status, changes):
    with Peer(server.port) as peer:
        peer.socket.sendall(head(server.port, **changes))
        if (changes.get("fields") or {}).get("Content-Length") == "3":
            peer.socket.sendall(b"abc")
        elif "Transfer-Encoding" in (changes.get("fields") or {}):
            peer.socket.sendall(b"0\r\n\r\n")
        answer = peer.until(b"\r\n\r\n").decode()
        assert answer.startswith("HTTP/1.1 %d " % status) or answer.startswith("HTTP/1.0 %d " % status), answer
        if status == 101:
            assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
        if status == 426:
            assert "\r\nSec-WebSocket-Version: 13\r\n" in answer and "\r\nUpgrade: websocket\r\n" in answer


def test_a_handshake_in_single_bytes_with_the_first_messages_in_its_last_segment(server):
    with Peer(server.port) as peer:
        whole = handshake(server.port)
        for index in range(len(whole) - 1):
            peer.socket.send(whole[index:index + 1])
        peer.socket.sendall(whole[-1:] + message(id=1, type="ping") + message(id=2, type="get_status"))
        assert peer.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        assert [peer.text()["id"], peer.text()["id"]] == [1, 2]


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_message_cut_anywhere_is_one_message(server, cut):
    with Peer(server.port) as peer:
        peer.socket.sendall(handshake(server.port))
        peer.until(b"\r\n\r\n")
        whole = frame(json.dumps({"id": cut, "type": "ping"}).encode(), mask=b"\0\0\0\0")
        peer.socket.sendall(whole[:cut])
        peer.socket.sendall(whole[cut:])
        assert peer.text()["id"] == cut


def test_an_unmasked_frame_is_a_protocol_error(server):
    with Peer(server.port) as peer:
        peer.socket.sendall(handshake(server.port))
        peer.until(b"\r\n\r\n")
        peer.socket.sendall(b"\x81\x0f" + b'{"type":"ping"}')
        assert peer.rest() == b"\x88\x02\x03\xea", "close 1002, then the end"


@pytest.mark.parametrize("said", [b"", b"GET /api", None], ids=["nothing", "half a head", "a subscription"])
def test_a_peer_that_ends_its_side_is_let_go(server, said):
    with Peer(server.port) as peer:
        if said is None:
            peer.socket.sendall(handshake(server.port) + message(type="subscribe", events=["custom"]))
            peer.until(b"\r\n\r\n")
            assert peer.text()["type"] == "subscription_updated"
        else:
            peer.socket.sendall(said)
        peer.socket.shutdown(socket.SHUT_WR)
        peer.rest()                                  # returns only when the server has closed, too


def test_a_refused_permessage_deflate_is_not_negotiated(server):
    with Peer(server.port) as peer:
        peer.socket.sendall(handshake(server.port, more="Sec-WebSocket-Extensions: permessage-deflate\r\n"))
        assert b"extensions" not in peer.until(b"\r\n\r\n").lower()
        peer.socket.sendall(frame(b"\xaa\x56\x2a\xa9\x2c\x48\x55\xb2\x52\x2a", first=0xC1))
        assert peer.rest() == b"\x88\x02\x03\xea", "a compressed frame nobody agreed to is a protocol error"
