"""uWebSockets: every WebSocket is subscribed to one topic, and `POST /publish/EVENTS/FIRST` publishes to it.

All EVENTS of a request are published in one turn of the loop, and uWebSockets sends what fell into one turn with one write a
connection. libuv runs the loop itself, not socketify's asyncio, which spins while it waits.
"""
import os, resource, sys, time
from socketify import App, OpCode

TEXT_BYTES = 300
app = App()


def message(sequence):
    head = f'{{"sequence":{sequence},"sent_ns":{time.monotonic_ns()},"pad":"'
    return (head + "x" * (TEXT_BYTES - len(head) - 2) + '"}').encode()


def publish(response, request):
    events, first = int(request.get_parameter(0)), int(request.get_parameter(1))
    for sequence in range(first, first + events): app.publish("events", message(sequence), OpCode.TEXT)
    response.end("published")


_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
app.ws("/*", {"open": lambda ws: ws.subscribe("events"), "max_backpressure": 4 << 20, "idle_timeout": 960, "compression": 0})
app.post("/publish/:events/:first", publish)
app.listen({"port": int(sys.argv[1]), "host": "127.0.0.1"})
app.loop.uv_loop.run()
