"""The servers of the fan-out benchmark, all driven alike: start, port, publish, memory, CPU time."""
import json, os, pathlib, select, socket, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).parent
TEXT_BYTES = 300
START_SECONDS = 20
PUBLISH_SECONDS = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lines:
    """A child process that is given lines and answers with lines of JSON, each within a deadline."""

    def __init__(self, arguments, core):
        pin = ["taskset", "-c", str(core)] if core is not None else []
        self.process = subprocess.Popen([*pin, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pending = b""

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n"); self.process.stdin.flush()

    def hear(self, event, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.pending:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk: raise SystemExit(f"{self.process.args}: no answer ({event}) within {seconds} s, or it ended")
            self.pending += chunk
        line, self.pending = self.pending.split(b"\n", 1)
        answer = json.loads(line)
        if answer["event"] != event: raise SystemExit(f"{self.process.args}: {answer} where {event} was due")
        return answer

    def end(self):
        self.process.stdin.close()
        try: self.process.wait(15)
        except subprocess.TimeoutExpired: self.process.kill(); self.process.wait()


class System:
    """One server under test; ends with the `with` block."""
    path, first = "/", None

    def __enter__(self): return self
    def __exit__(self, *_): self.stop()

    def memory_bytes(self):
        """Heap, stacks and shared memory (nchan keeps its channels there); not files, whose pages come and go."""
        lines = open(f"/proc/{self.pid}/smaps_rollup").read().splitlines()
        return sum(int(l.split()[1]) * 1024 for l in lines if l.startswith(("Pss_Anon:", "Pss_Shmem:")))

    def cpu_seconds(self):
        """User and system time of all threads; the scheduler's own account, in nanoseconds."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def check(self): pass


class Leadwire(System):
    name = "leadwire"
    first = '{"type":"subscribe","events":["lead_scored"]}'

    def __init__(self, options):
        self.child = Lines([options.server], options.server_core)
        self.pid = self.child.process.pid
        try: self.port = self.child.hear("listening", START_SECONDS)["port"]
        except BaseException: self.stop(); raise

    def publish(self, events, first):
        self.child.tell(f"publish {events} {first}")
        self.child.hear("published", PUBLISH_SECONDS)

    def check(self):
        """Nobody fell behind: then nothing was sent twice, conflated or left out to look fast."""
        self.child.tell("figures")
        figures = self.child.hear("figures", 10)
        if figures["fell_behind"] or figures["gaps"] or figures["slow_closes"]: raise SystemExit(f"not a clean run: {figures}")

    def stop(self): self.child.end()


class Posted(System):
    """Published to by HTTP, on one connection from the client's core."""

    def begin(self, arguments, options):
        pin = ["taskset", "-c", str(options.server_core)] if options.server_core is not None else []
        self.process = subprocess.Popen([*pin, *map(str, arguments)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.publisher = None
        try: self.connect()
        except BaseException: self.stop(); raise

    def connect(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline: raise SystemExit(f"{self.name} did not come up")
            self.pid = self.serving_process()
            try:
                if self.pid: self.publisher = socket.create_connection(("127.0.0.1", self.port), timeout=PUBLISH_SECONDS); break
            except OSError: pass
            time.sleep(0.01)
        self.publisher.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serving_process(self): return self.process.pid

    def post(self, requests, count):
        self.publisher.sendall(requests)
        pending = b""
        while count:
            chunk = self.publisher.recv(65536)
            if not chunk: raise SystemExit(f"{self.name} closed the publisher's connection")
            pending += chunk
            while (end := pending.find(b"\r\n\r\n")) >= 0:
                head = pending[:end].decode().lower()
                length = next(int(l.split(":")[1]) for l in head.split("\r\n") if l.startswith("content-length"))
                if len(pending) < end + 4 + length: break
                if not head.startswith("http/1.1 20"): raise SystemExit(f"{self.name} refused: {head.splitlines()[0]}")
                pending = pending[end + 4 + length:]; count -= 1

    def stop(self):
        if self.publisher: self.publisher.close()
        self.process.terminate()
        try: self.process.wait(15)
        except subprocess.TimeoutExpired: self.process.kill(); self.process.wait()


class UWebSockets(Posted):
    name = "uwebsockets"

    def __init__(self, options):
        self.port = free_port()
        self.begin([options.python, HERE / "uws_server.py", self.port], options)

    def publish(self, events, first):
        self.post(f"POST /publish/{events}/{first} HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n".encode(), 1)


class Nchan(Posted):
    name, path = "nchan", "/subscribe"

    def __init__(self, options):
        self.folder = tempfile.TemporaryDirectory(prefix="fanout-nchan-")
        self.port = free_port()
        configuration = pathlib.Path(self.folder.name) / "nginx.conf"
        configuration.write_text((HERE / "nginx.conf").read_text().replace("@PORT@", str(self.port))
                                 .replace("@MODULES@", options.nginx_modules).replace("@FOLDER@", self.folder.name))
        self.begin([options.nginx, "-p", self.folder.name, "-c", configuration], options)

    def serving_process(self):
        """The worker; the master listens before it begins."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next((int(c) for c in children if "worker process" in pathlib.Path(f"/proc/{c}/cmdline").read_text()), None)

    def publish(self, events, first):
        """One request a message, those of a tick pipelined."""
        requests = b""
        for sequence in range(first, first + events):
            head = f'{{"sequence":{sequence},"sent_ns":{time.monotonic_ns()},"pad":"'
            text = head + "x" * (TEXT_BYTES - len(head) - 2) + '"}'
            requests += f"POST /publish HTTP/1.1\r\nHost: bench\r\nContent-Length: {TEXT_BYTES}\r\n\r\n{text}".encode()
        self.post(requests, events)

    def stop(self):
        super().stop(); self.folder.cleanup()


ALL = [Leadwire, Nchan, UWebSockets]
