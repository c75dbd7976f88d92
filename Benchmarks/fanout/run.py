"""Fan-out: the hub, nginx with nchan, and uWebSockets under the same client. Prints a table, writes results/fanout.json.

Each session starts one server on one core and the client on the other, opens N connections, weighs them, and publishes:
one event a tick, ten events a tick, and (with 1,000 connections) one event at a quiet pace for the latency. Sessions of the
three systems alternate; a ratio is the median over rounds of what two neighbours did. CPU time of the server a delivery is
the figure that counts; deliveries a second are for reading. Exits with 1 when a ratio in budgets/fanout.json is missed.
"""
import argparse, json, os, pathlib, platform, shutil, subprocess, sys, tempfile, time
import systems, report

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
LATENCY_CONNECTIONS = 1_000
# Ticks that may be under way: the server never waits for the client to wake up, and never runs away from it.
WINDOW = 2


def note(text): print("fanout:", text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, type=pathlib.Path, help="the built fanout-bench")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has socketify")
    parser.add_argument("--nginx", default=shutil.which("nginx") or "/usr/sbin/nginx")
    parser.add_argument("--nginx-modules", default="/usr/lib/nginx/modules")
    parser.add_argument("--connections", type=int, nargs="+", default=[1_000, 5_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=[s.name for s in systems.ALL], default=[s.name for s in systems.ALL])
    parser.add_argument("--quick", action="store_true", help="two rounds, 1,000 and 5,000 connections: about a minute")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "results" / "fanout.json")
    options = parser.parse_args()
    if options.quick: options.connections, options.rounds = [1_000, 5_000], 2
    if not 1 <= options.rounds <= 50 or any(not 1 <= n <= 15_000 for n in options.connections):
        parser.error("at most 50 rounds and 15,000 connections")
    cores = sorted(os.sched_getaffinity(0))
    options.server_core, options.client_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    # This process publishes for nchan: beside the client, not beside the server.
    if len(cores) > 1: os.sched_setaffinity(0, {cores[1]})
    return options


def loads(system, connections, quick):
    """Name, ticks, events a tick, microseconds from tick to tick."""
    scale = 2 if quick else 1
    yield "one", max(10, 200_000 // connections // scale), 1, 0
    # nchan writes each message by itself: a tenth of the ticks is as much work.
    yield "ten", max(5, (20_000 if system is systems.Nchan else 100_000) // connections // scale), 10, 0
    if connections == LATENCY_CONNECTIONS: yield "paced", 150 // scale, 1, 40_000


def pump(server, reader, ticks, events, interval_us, first):
    """Publishes, at most WINDOW ticks ahead of what all connections together have received; returns the client's count."""
    reader.tell(f"count {first} {ticks * events} {events}"); reader.hear("counting", 10)
    due = time.monotonic()
    for tick in range(ticks):
        if tick >= WINDOW: reader.hear("progress", 60)
        time.sleep(max(0, due - time.monotonic())); due += interval_us / 1e6
        server.publish(events, first + tick * events)
    for _ in range(min(WINDOW, ticks)): reader.hear("progress", 60)
    return reader.hear("counted", 60)


def session(system, client, connections, options):
    """Everything that one server shows with so many connections."""
    with system(options) as server:
        empty = server.memory_bytes()
        command = [client, "--port", server.port, "--connections", connections, "--path", server.path]
        reader = systems.Lines([*command, *(["--first", server.first] if server.first else [])], options.client_core)
        try:
            opened = reader.hear("opened", 120)
            result = {"connects_per_second": opened["per_second"], "idle_bytes": (server.memory_bytes() - empty) / connections}
            if server.first: reader.tell("subscribe"); reader.hear("subscribed", 60)
            result["subscribed_bytes"] = (server.memory_bytes() - empty) / connections
            sequence = 1
            for name, ticks, events, interval in [("warm", 5, 1, 0), *loads(system, connections, options.quick)]:
                before = server.cpu_seconds()
                counted = pump(server, reader, ticks, events, interval, sequence)
                counted["server_cpu_us"] = (server.cpu_seconds() - before) / counted["messages"] * 1e6
                if counted["bytes"] != counted["messages"] * systems.TEXT_BYTES: raise SystemExit(f"wrong size: {counted}")
                sequence += ticks * events
                if name != "warm": result[name] = {k: v for k, v in counted.items() if k not in ("event", "connections", "bytes", "other")}
            result["after_bytes"] = (server.memory_bytes() - empty) / connections
            server.check()
        finally:
            reader.end()
    return result


def build_client(folder):
    binary = pathlib.Path(folder) / "fanout-client"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-std=gnu11", "-o", binary,
                    HERE / "client.c", HERE / "connection.c"], check=True)
    return binary


def versions(options):
    nginx = subprocess.run([options.nginx, "-v"], capture_output=True, text=True).stderr.strip()
    socketify = subprocess.run([options.python, "-c", "import importlib.metadata as m; print(m.version('socketify'))"],
                               capture_output=True, text=True).stdout.strip()
    nchan = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan"], capture_output=True, text=True).stdout
    return {"nginx": nginx.removeprefix("nginx version: "), "nchan": nchan, "socketify": socketify, "kernel": platform.release()}


def main():
    options = arguments()
    chosen = [s for s in systems.ALL if s.name in options.only]
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    result = {"machine": {"cpu": cpu, "cores": os.cpu_count(), "load": [os.getloadavg()[0]], "at": time.strftime("%Y-%m-%d"), **versions(options)},
              "text_bytes": systems.TEXT_BYTES, "rounds": options.rounds, "sessions": []}
    with tempfile.TemporaryDirectory(prefix="fanout-") as folder:
        client = build_client(folder)
        for round in range(options.rounds):
            for connections in options.connections:
                for system in chosen[round % len(chosen):] + chosen[:round % len(chosen)]:
                    note(f"round {round + 1} of {options.rounds}, {connections} connections, {system.name}")
                    entry = session(system, client, connections, options)
                    result["sessions"].append({"round": round, "system": system.name, "connections": connections, **entry})
            result["machine"]["load"].append(os.getloadavg()[0])
    result["summary"] = report.summary(result["sessions"])
    budgets = json.loads((ROOT / "budgets" / "fanout.json").read_text())
    result["ratios"] = report.ratios(result["sessions"])
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
    print(report.table(result))
    missed = report.missed(result, budgets)
    for line in missed: print("MISSED:", line)
    sys.exit(1 if missed else 0)


if __name__ == "__main__": main()
