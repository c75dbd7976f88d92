"""What a crash and a shutdown may cost: nothing that was acknowledged."""

import asyncio
import http.client
import json
import signal
import threading

import pytest
import websockets

from server import API, TOKEN, Server, wait_until

CLIENTS = 8


class Load:
    """Clients that post lead after lead and write down what was acknowledged, until the server is gone."""

    def __init__(self, server: Server, name: str):
        self.acknowledged: dict[str, dict] = {}
        self.refused: list[int] = []
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self.run, args=(server.port, f"{name}-{number}"), daemon=True)
            for number in range(CLIENTS)
        ]
        for thread in self.threads:
            thread.start()

    def run(self, port: int, name: str) -> None:
        connection = http.client.HTTPConnection("localhost", port, timeout=15)
        serial = 0
        while True:
            serial += 1
            lead = f"{name}-{serial}"
            body = json.dumps({"lead_id": lead, "message": f"Budget $45{serial % 10}k, want to buy asap"})
            try:
                connection.request("POST", API + "/score", body, {**TOKEN, "Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                return                                # no whole answer: nothing was acknowledged
            with self.lock:
                if answer.status == 200:
                    self.acknowledged[lead] = json.loads(text)
                else:
                    self.refused.append(answer.status)
                    return

    def count(self) -> int:
        with self.lock:
            return len(self.acknowledged)

    def join(self) -> None:
        for thread in self.threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "a client hangs although the server is gone"


def test_sigkill_under_load_loses_nothing_acknowledged(own_server):
    acknowledged = {}
    for life in range(3):
        load = Load(own_server, f"kill{life}")
        wait_until(lambda: load.count() >= 200, "200 leads are acknowledged", 60)
        own_server.signal(signal.SIGKILL)
        assert own_server.exit_code() == -signal.SIGKILL
        load.join()
        assert load.refused == []
        acknowledged |= load.acknowledged
        own_server.start()
    assert len(acknowledged) >= 600
    for lead, said in acknowledged.items():
        answer = own_server.get(f"{API}/score/{lead}")
        assert answer.status == 200, f"{lead} was acknowledged and is lost"
        kept = answer.json
        for name in ("ml_score", "margin", "request_id", "scored_at", "shap_values"):
            assert kept[name] == said[name], (lead, name)


def test_the_stream_goes_on_after_a_crash(own_server):
    """Offsets and epoch survive: a client that comes back with its position gets what it missed."""

    async def subscribe(**more) -> tuple[websockets.ClientConnection, dict]:
        socket = await websockets.connect(f"ws://localhost:{own_server.port}{API}/ws/live-scores")
        await socket.send(json.dumps({"type": "subscribe", "events": ["lead_scored"], **more}))
        return socket, json.loads(await asyncio.wait_for(socket.recv(), 15))

    async def scene():
        socket, reply = await subscribe()
        own_server.score("before")
        event = json.loads(await asyncio.wait_for(socket.recv(), 15))
        own_server.score("missed")
        own_server.signal(signal.SIGKILL)
        own_server.exit_code()
        own_server.start()
        own_server.score("after")
        socket, again = await subscribe(since={"epoch": reply["epoch"], "offset": event["offset"]})
        assert again["epoch"] == reply["epoch"] and again["recovered"] is True
        seen = []
        while len(seen) < 2:
            message = json.loads(await asyncio.wait_for(socket.recv(), 15))
            if message.get("event_type") == "lead_scored":
                seen.append(message["data"]["lead_id"])
        assert seen == ["missed", "after"]
        await socket.close()

    asyncio.run(scene())


def test_sigterm_under_load_answers_what_it_took_and_exits_0(own_server):
    load = Load(own_server, "term")
    wait_until(lambda: load.count() >= 100, "100 leads are acknowledged", 60)
    own_server.signal(signal.SIGTERM)
    assert own_server.exit_code() == 0, own_server.tail()
    load.join()
    assert set(load.refused) <= {503}
    own_server.start()
    for lead, said in load.acknowledged.items():
        answer = own_server.get(f"{API}/score/{lead}")
        assert answer.status == 200 and answer.json["request_id"] == said["request_id"], lead


def test_a_request_in_flight_at_sigterm_is_answered(own_server):
    """The answer to the first line proves that the request is under way when the signal comes."""
    connection = http.client.HTTPConnection("localhost", own_server.port, timeout=20)
    connection.putrequest("POST", API + "/batch-score/stream")
    for name, value in {**TOKEN, "Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"}.items():
        connection.putheader(name, value)
    connection.endheaders()

    def send(line: bytes) -> None:
        connection.send(b"%x\r\n%s\r\n" % (len(line), line))

    send(b'{"lead_id": "in-flight-1"}\n')
    answer = connection.getresponse()
    assert answer.status == 200
    assert json.loads(answer.readline())["lead_id"] == "in-flight-1"
    own_server.signal(signal.SIGTERM)
    wait_until(lambda: refuses_connections(own_server.port), "the server takes no new connections")
    send(b'{"lead_id": "in-flight-2"}\n')
    connection.send(b"0\r\n\r\n")
    assert json.loads(answer.readline())["lead_id"] == "in-flight-2"
    assert answer.read() == b""
    assert own_server.exit_code() == 0, own_server.tail()
    own_server.start()
    assert own_server.get(f"{API}/score/in-flight-2").status == 200


def refuses_connections(port: int) -> bool:
    connection = http.client.HTTPConnection("localhost", port, timeout=5)
    try:
        connection.connect()
        return False
    except OSError:
        return True
    finally:
        connection.close()


def test_sigterm_says_goodbye_to_the_stream(own_server):
    async def scene():
        async with websockets.connect(f"ws://localhost:{own_server.port}{API}/ws/live-scores") as socket:
            await socket.send(json.dumps({"type": "subscribe", "events": ["lead_scored"]}))
            await asyncio.wait_for(socket.recv(), 15)
            own_server.signal(signal.SIGTERM)
            said = []
            with pytest.raises(websockets.ConnectionClosed) as closed:
                while True:
                    said.append(json.loads(await asyncio.wait_for(socket.recv(), 15)))
            code = closed.value.rcvd.code
            assert code == 1001 or code in range(3000, 3500) or code in range(4000, 4500), f"{code} tells clients to stay away"
            assert [message["type"] for message in said] == ["going_away"] and said[0]["after_ms"] >= 0

    asyncio.run(scene())
    assert own_server.exit_code() == 0, own_server.tail()


def test_a_second_server_on_the_same_data_refuses_to_start(own_server, binary):
    rival = Server(binary, own_server.data)
    with pytest.raises(AssertionError, match="exited with"):
        rival.start()
    rival.stop()
    own_server.score("still-serving")
