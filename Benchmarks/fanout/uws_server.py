"""uWebSockets behind the same commands as fanout-bench: every connection is subscribed to one topic.

`publish TICKS EVENTS INTERVAL FIRST` publishes EVENTS messages in one turn of the loop, TICKS times; uWebSockets sends what
fell into one turn with one write a connection. The next tick begins when the turn that sends is over, and no sooner than
INTERVAL microseconds after the one before.
"""
import os, resource, sys, time
from socketify import App, OpCode

TEXT_BYTES = 300
app = App()


def message(sequence):
    head = f'{{"sequence":{sequence},"sent_ns":{time.monotonic_ns()},"pad":"'
    return (head + "x" * (TEXT_BYTES - len(head) - 2) + '"}').encode()


class Publishing:
    def __init__(self, ticks, events, interval_us, first):
        self.ticks, self.events, self.interval, self.next = ticks, events, interval_us / 1e6, first
        self.due = time.monotonic()
        self.before = os.times()

    def tick(self):
        if not self.ticks:
            after = os.times()
            return answer(f'{{"event":"published","user_seconds":{after.user - self.before.user},'
                          f'"system_seconds":{after.system - self.before.system}}}')
        # Spins between ticks as socketify's own loop does.
        if time.monotonic() >= self.due:
            self.due += self.interval
            for _ in range(self.events):
                app.publish("events", message(self.next), OpCode.TEXT)
                self.next += 1
            self.ticks -= 1
        app.loop.loop.call_soon(self.tick)


def answer(line): os.write(1, line.encode() + b"\n")


def command():
    line = sys.stdin.readline()
    words = line.split()
    if not line: app.close(); app.loop.stop()
    elif words[0] == "publish" and len(words) == 5: Publishing(*map(int, words[1:])).tick()
    else: answer('{"event":"failed","why":"unknown command"}')


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    app.ws("/*", {"open": lambda ws: ws.subscribe("events"), "max_backpressure": 4 << 20, "idle_timeout": 960,
                  "compression": 0})
    app.listen({"port": int(sys.argv[1]), "host": "127.0.0.1"},
               lambda config: answer(f'{{"event":"listening","port":{config.port}}}'))
    app.loop.loop.add_reader(0, command)
    app.run()


main()
