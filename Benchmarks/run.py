"""The table of the design's budgets with our column: micro benchmarks, then the race. Prints Markdown, writes results/latest.json."""
import argparse, json, os, pathlib, platform, statistics, subprocess, sys, tempfile, time
import servers

HERE = pathlib.Path(__file__).parent
parser = argparse.ArgumentParser()
parser.add_argument("--leadwire", required=True, type=pathlib.Path)
parser.add_argument("--data", required=True, type=pathlib.Path)
parser.add_argument("--micro", required=True, type=pathlib.Path)
parser.add_argument("--seconds", type=int, default=8)
parser.add_argument("--runs", type=int, default=3)
options = parser.parse_args()


def micro(name, *arguments):
    out = subprocess.run([str(options.micro / name), *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def median(runs, key="per_second"):
    return sorted(runs, key=lambda r: r[key])[len(runs) // 2]


def note(text): print("bench:", text, file=sys.stderr, flush=True)


result = {"machine": {"cpu": next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?"),
                      "cores": os.cpu_count(), "load_before": os.getloadavg()[0], "python": platform.python_version(),
                      "at": time.strftime("%Y-%m-%d")}}
note("forest and SHAP against libxgboost"); result["forest"] = micro("forest-bench", options.data / "model.json", options.data / "rows.f32")
import importlib.util
library = pathlib.Path(importlib.util.find_spec("lightgbm").origin).parent / "lib/lib_lightgbm.so"
note("a LightGBM model against its library")
result["lightgbm"] = micro("lightgbm-bench", options.data / "model-lightgbm.txt", options.data / "rows.f32", library)
note("features"); result["features"] = micro("features-bench")

with tempfile.TemporaryDirectory(dir=options.data) as folder:
    folder = pathlib.Path(folder)
    result["fsync_ms"] = servers.fsync_milliseconds(folder)
    artifact = folder / "bench.leadwire"
    subprocess.run([str(options.leadwire), "import-model", str(options.data / "model.json"), "--out", str(artifact),
                    "--reference", str(options.data / "reference.csv"), "--label", "converted"], check=True, stdout=sys.stderr)

    race = {}

    def scores(server):
        servers.measure(server, "/api/v1/ml/score", "score", seconds=2)
        score = median([servers.measure(server, "/api/v1/ml/score", "score", seconds=options.seconds) for _ in range(options.runs)])
        half = 16 / (score["per_second"] / 2) * 1000
        return {"start_ms": server.start_milliseconds, "score": score,
                "score_at_half": servers.measure(server, "/api/v1/ml/score", "score", seconds=options.seconds,
                                                 pause_ms=max(1, round(half - score["p50_ms"] / 2)))}

    def health(server):
        """One client that asks again and again: what a check takes, and what it costs the server."""
        return servers.measure(server, "/health", "health", seconds=max(2, options.seconds // 2), connections=1)

    for durability in ("full", "process"):
        for name, model in (("forest", artifact), ("prior", None)):
            note(f"leadwire, {name}, durability {durability}")
            with servers.leadwire(options.leadwire, folder / f"store-{name}-{durability}", model=model, durability=durability) as server:
                entry = scores(server)
                if name == "prior": entry["health"] = health(server)
                if name == "forest":
                    entry["score_features"] = median([servers.measure(server, "/api/v1/ml/score/features", "features", seconds=options.seconds) for _ in range(options.runs)])
                entry["batch"] = median([servers.measure(server, "/api/v1/ml/batch-score", "batch", seconds=options.seconds, connections=1) for _ in range(options.runs)])
                entry["resident_mb"] = server.resident_megabytes()
            race[f"leadwire_{name}_{durability}"] = entry
    for name, addresses in servers.shared_stores():
        note(f"leadwire, prior, durability full, {name}")
        with servers.leadwire(options.leadwire, folder / f"store-{name}", more=addresses) as server:
            entry = scores(server)
            entry["batch"] = median([servers.measure(server, "/api/v1/ml/batch-score", "batch", seconds=options.seconds, connections=1) for _ in range(options.runs)])
            entry["health"] = health(server)
        race[f"leadwire_prior_full_{name}"] = entry
    for durability in ("full", "process"):
        for workers in (1, 2):
            note(f"FastAPI + XGBoost, {workers} workers, durability {durability}")
            with servers.peer(folder, options.data / "model.json", workers=workers, durability=durability) as server:
                entry = {"start_ms": server.start_milliseconds}
                servers.measure(server, "/score", "features", seconds=2)
                entry["score"] = median([servers.measure(server, "/score", "features", seconds=options.seconds) for _ in range(options.runs)])
                entry["batch"] = median([servers.measure(server, "/batch-score", "batch_features", seconds=options.seconds, connections=1) for _ in range(options.runs)])
                entry["resident_mb"] = server.resident_megabytes()
            race[f"peer_{workers}_{durability}"] = entry
    result["race"] = race
result["machine"]["load_after"] = os.getloadavg()[0]

for durability in ("full", "process"):
    best = max((race[f"peer_{w}_{durability}"] for w in (1, 2)), key=lambda e: e["score"]["per_second"])
    ours = race[f"leadwire_forest_{durability}"]
    result[f"ratio_{durability}"] = {
        "scores_per_second": ours["score"]["per_second"] / best["score"]["per_second"],
        "batch_per_second": ours["batch"]["per_second"] / max(race[f"peer_{w}_{durability}"]["batch"]["per_second"] for w in (1, 2))}

(HERE / "results").mkdir(exist_ok=True)
(HERE / "results" / "latest.json").write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
print(__import__("table").markdown(result))
