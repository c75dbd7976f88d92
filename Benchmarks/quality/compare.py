"""Accuracy of `leadwire train` against the libraries of Python, on the shared tables' own splits; see docs/model-quality.md."""
import argparse
import json
import tempfile
import time

import numpy as np

from measures import figures, paired
from peers import PEERS
from tables import ROOT, TABLES, Leadwire, Table, data_folder

RESULTS = ROOT / "Benchmarks" / "results" / "quality.json"


def race(table, split, leadwire):
    """Every model trained on the rows outside the split and measured on those inside it."""
    inside = table.splits[split].values == 1
    training, test = np.where(~inside)[0], np.where(inside)[0]
    y, typed = table.label, table.typed()
    answers, seconds, started = {}, {}, time.time()
    model, report = leadwire.train(table, training, time=split == "time_test")
    seconds["Leadwire"] = time.time() - started
    answers["Leadwire"] = leadwire.probabilities(model, table, test, time=split == "time_test")
    for name, peer in PEERS.items():
        started = time.time()
        answers[name] = peer(typed.iloc[training], y[training], typed.iloc[test])
        seconds[name] = time.time() - started
    measured = {name: dict(figures(y[test], p), seconds=round(seconds[name], 1)) for name, p in answers.items()}
    best = min(PEERS, key=lambda name: measured[name]["log_loss"])
    return {
        "rows": len(training), "test_rows": len(test), "test_positives": int(y[test].sum()), "blend": report["blend"],
        "trees": report["rounds"], "models": measured, "best_peer": best,
        "difference_to_best_peer": paired(y[test], answers["Leadwire"], answers[best]),
    }


def markdown(results):
    """Two tables: every model's figures, and the differences to the best peer."""
    names = list(results["races"])
    lines = ["| | " + " | ".join(f"{n} AUC / log loss" for n in names) + " | mean log loss |", "|---|" + "---|" * (len(names) + 1)]
    models = list(results["races"][names[0]]["models"])
    mean = {m: np.mean([results["races"][n]["models"][m]["log_loss"] for n in names if not n.endswith("by time")]) for m in models}
    for model in sorted(models, key=lambda m: mean[m]):
        cells = []
        for name in names:
            f = results["races"][name]["models"][model]
            least = min(e["log_loss"] for e in results["races"][name]["models"].values())
            loss = f"{f['log_loss']:.4f}"
            cells.append(f"{f['auc']:.3f} / " + (f"**{loss}**" if f["log_loss"] == least else loss))
        lines.append(f"| {model} | " + " | ".join(cells) + f" | {mean[model]:.4f} |")
    lines += ["", "| table | test rows, positives | best other | log loss, Leadwire less it | AUC, Leadwire less it | blend |", "|---|---|---|---|---|---|"]
    for name in names:
        r = results["races"][name]
        own, other = r["models"]["Leadwire"], r["models"][r["best_peer"]]
        d = r["difference_to_best_peer"]
        cell = lambda m: f"{own[m] - other[m]:+.4f} ({d[m][0]:+.4f} to {d[m][1]:+.4f})"
        lines.append(
            f"| {name} | {r['test_rows']:,}, {r['test_positives']:,} | {r['best_peer']} | {cell('log_loss')} | {cell('auc')} | {r['blend']} |")
    return "\n".join(lines)


def put(document, mark, text):
    """Replaces what stands between the marks of a document."""
    path = ROOT / document
    before, rest = path.read_text().split(f"<!-- {mark} -->\n", 1)
    after = rest.split(f"<!-- end {mark} -->", 1)[1]
    path.write_text(f"{before}<!-- {mark} -->\n{text}\n<!-- end {mark} -->{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leadwire", required=True, help="the release binary")
    parser.add_argument("--data", help="the folder of the shared tables")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--document", action="store_true", help="write the tables into docs/model-quality.md")
    options = parser.parse_args()
    folder = data_folder(options.data)
    if folder is None:
        print("the shared tables are not beside this repository (--data, LEADWIRE_DATA): accuracy NOT MEASURED")
        return
    races = {}
    with tempfile.TemporaryDirectory() as work:
        for name in options.tables.split(","):
            table = Table(name, folder)
            for split in ["test"] + (["time_test"] if "time_test" in table.splits else []):
                key = name if split == "test" else f"{name}, by time"
                races[key] = race(table, split, Leadwire(options.leadwire, work))
                print(key, json.dumps(races[key]["models"]["Leadwire"]), races[key]["blend"], flush=True)
    results = {"races": races}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(markdown(results))
    if options.document:
        put("docs/model-quality.md", "comparison", markdown(results))


if __name__ == "__main__":
    main()
