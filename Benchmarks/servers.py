"""Starts and stops the two servers of the race on free loopback ports, and fires wrk at them."""
import json, os, pathlib, re, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

HERE = pathlib.Path(__file__).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process that answers on `url`; ends with the `with` block."""

    def __init__(self, arguments, port, health, environment=None):
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile()
        started = time.perf_counter()
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=self.log, env={**os.environ, **(environment or {})})
        deadline = started + 60
        while True:
            try:
                with urllib.request.urlopen(self.url + health, timeout=5) as response:
                    if response.status == 200: break
            except OSError:
                if self.process.poll() is not None or time.perf_counter() > deadline:
                    self.log.seek(0); raise SystemExit("the server did not come up:\n" + self.log.read().decode(errors="replace")[-3000:])
                time.sleep(0.001)
        self.start_milliseconds = (time.perf_counter() - started) * 1000

    def __enter__(self): return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try: self.process.wait(15)
        except subprocess.TimeoutExpired: self.process.kill(); self.process.wait()

    def processes(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop(); found.append(pid)
            try: todo += [int(p) for p in open(f"/proc/{pid}/task/{pid}/children").read().split()]
            except OSError: pass
        return found

    def resident_megabytes(self):
        total = 0
        for pid in self.processes():
            match = re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read())
            total += int(match[1]) if match else 0
        return total / 1024

    def cpu_seconds(self):
        ticks = os.sysconf("SC_CLK_TCK"); total = 0
        for pid in self.processes():
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / ticks
        return total


def shared_stores():
    """Name and arguments of each store on servers that the environment names (scripts/*-test-server.sh run COMMAND)."""
    postgres, redis = os.environ.get("LEADWIRE_TEST_POSTGRES"), os.environ.get("LEADWIRE_TEST_REDIS")
    if not postgres or not redis: raise SystemExit("LEADWIRE_TEST_POSTGRES and LEADWIRE_TEST_REDIS must be set: run make bench")
    # One after the other over one database: the second finds the first one's leads there.
    return [("postgres", ["--database", postgres]), ("postgres_redis", ["--database", postgres, "--redis", redis])]


def leadwire(binary, folder, *, model=None, durability="full", more=()):
    port = free_port()
    arguments = [str(binary), "serve", "--port", str(port), "--data", str(folder), "--durability", durability]
    if model: arguments += ["--model", str(model)]
    arguments += more
    return Server(arguments, port, "/health/live")


def peer(folder, model, *, workers, durability="full"):
    port = free_port()
    environment = {
        "PEER_MODEL": str(model), "PEER_SCHEMA": str(HERE / "features-1.json"), "PEER_DATABASE": str(pathlib.Path(folder) / "peer.db"),
        "PEER_SYNC": "FULL" if durability == "full" else "NORMAL", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE / "peer")}
    arguments = [sys.executable, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers),
                 "--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log"]
    return Server(arguments, port, "/health", environment)


def wrk(server, path, script, *, seconds, connections=16, pause_ms=0):
    """One run of wrk; requests a second, latency quantiles in ms, errors, and server CPU in µs a request."""
    run = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "load" / f"{script}.lua"),
         server.url + path, "--", str(time.time_ns() // 1_000_000), str(pause_ms)],
        capture_output=True, text=True, env={**os.environ, "LOAD_PATH": str(HERE / "load")}, timeout=seconds + 60)
    line = next((l for l in run.stdout.splitlines() if l.startswith("RESULT ")), None)
    if not line: raise SystemExit(f"wrk failed: {run.stdout} {run.stderr}")
    result = json.loads(line[7:])
    result["per_second"] = result["requests"] / result["seconds"]
    return result


def measure(server, path, script, **options):
    before = server.cpu_seconds()
    result = wrk(server, path, script, **options)
    result["cpu_us_per_request"] = (server.cpu_seconds() - before) / max(1, result["requests"]) * 1e6
    return result


def fsync_milliseconds(folder, count=200):
    """Median time of a 4 KiB write with fsync on the disk that holds the stores."""
    times = []
    with open(pathlib.Path(folder) / "fsync.probe", "wb", buffering=0) as file:
        for _ in range(count):
            started = time.perf_counter(); file.write(b"x" * 4096); os.fsync(file.fileno()); times.append(time.perf_counter() - started)
    os.unlink(pathlib.Path(folder) / "fsync.probe")
    return sorted(times)[count // 2] * 1000
