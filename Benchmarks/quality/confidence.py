"""Does `ml_confidence` say what it means? Pairs of models from disjoint rows judge the same leads: hot or not.

The first model's confidence states how likely the lead stands on its side of the hot cut; the second, which saw none of the
first one's rows, says whether it does. Also: the share of leads below 0.85, which go to the second opinion."""
import argparse
import json
import tempfile

import numpy as np

from compare import put
from plot import reliability
from tables import ROOT, TABLES, Leadwire, Table, data_folder

RESULTS = ROOT / "Benchmarks" / "results" / "quality-confidence.json"
PLOT = ROOT / "docs" / "confidence.svg"
EDGES = [0, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99, 1.01]
ESCALATED = 0.85
TEST_ROWS = 4_000


def thinned(table, rate, random):
    """All rows in random order, with positives left out until `rate` of them are positive; None keeps the table's."""
    positives = random.permutation(np.where(table.label == 1)[0])
    negatives = random.permutation(np.where(table.label == 0)[0])
    if rate is not None:
        positives = positives[:int(len(negatives) * rate / (1 - rate))]
    return positives, negatives


def scenario(table, positives, rate, pairs, leadwire):
    """Agreement by bin of confidence over pairs with so many positives each, or None where the table holds too few."""
    bins, escalated, singles = [], [], False
    for number in range(pairs):
        random = np.random.default_rng(1_000 * positives + number)
        won, lost = thinned(table, rate, random)
        each = int(round(positives * len(lost) / len(won)))
        need = 2 * positives + max(10, positives // 10)
        if need > len(won):
            if positives + max(10, positives // 10) > len(won):
                return None
            singles = True
        first = np.r_[won[:positives], lost[:each]]
        second = None if singles else np.r_[won[positives:2 * positives], lost[each:2 * each]]
        used = 1 if singles else 2
        test = random.permutation(np.r_[won[used * positives:], lost[used * each:]])[:TEST_ROWS]
        a = leadwire.scores(leadwire.train(table, random.permutation(first), "a", seed=number)[0], table, test)
        escalated.append(float((a.ml_confidence < ESCALATED).mean()))
        if singles:
            break
        b = leadwire.scores(leadwire.train(table, random.permutation(second), "b", seed=number + 100)[0], table, test)
        for one, other in ((a, b), (b, a)):
            same = (one.classification == "hot") == (other.classification == "hot")
            which = np.digitize(one.ml_confidence, EDGES) - 1
            bins.append([
                (int((which == k).sum()), float(one.ml_confidence[which == k].sum()), int(same[which == k].sum()))
                for k in range(len(EDGES) - 1)])
    return {"pairs": 0 if singles else pairs, "escalated": float(np.mean(escalated)), "bins": bins}


def pooled(bins, seed=3, draws=1_000):
    """By bin: rows, mean stated, share agreed, 95% interval of the agreement over resampled pairs (both directions of one)."""
    counts = np.array(bins, float).reshape(-1, 2, len(EDGES) - 1, 3).sum(1)
    random = np.random.default_rng(seed)
    total, drawn = counts.sum(0), []
    for _ in range(draws):
        drawn.append(counts[random.integers(0, len(counts), len(counts))].sum(0))
    rows = []
    for k in range(len(EDGES) - 1):
        if total[k, 0] < 30:
            continue
        shares = [d[k, 2] / d[k, 0] for d in drawn if d[k, 0] > 0]
        low, high = np.quantile(shares, [0.025, 0.975])
        rows.append({
            "from": EDGES[k], "to": min(1, EDGES[k + 1]), "rows": int(total[k, 0]), "stated": total[k, 1] / total[k, 0],
            "agreed": total[k, 2] / total[k, 0], "interval": [float(low), float(high)]})
    return rows


def holds(rows):
    """In every bin the agreement, at the upper end of its interval, is at least what was stated."""
    return all(r["interval"][1] >= r["stated"] for r in rows)


def markdown(results):
    lines = ["| table | positives | rate | escalated (below 0.85) | stated / agreed below 0.85 | 0.85 to 0.95 | above 0.95 | every bin holds |",
             "|---|---|---|---|---|---|---|---|"]
    for r in results["scenarios"]:
        def cell(low, high):
            rows = [b for b in r["pooled"] if low <= b["from"] and b["to"] <= high]
            n = sum(b["rows"] for b in rows)
            if n == 0:
                return ""
            mean = lambda key: sum(b[key] * b["rows"] for b in rows) / n
            return f"{mean('stated'):.3f} / {mean('agreed'):.3f}"
        lines.append(
            f"| {r['table']} | {r['positives']:,} | {r['rate']} | {100 * r['escalated']:.0f}% | {cell(0, 0.85)} | {cell(0.85, 0.95)} | {cell(0.95, 1)} | "
            + ("yes" if r["pooled"] and holds(r["pooled"]) else "no" if r["pooled"] else "no pair fits the table") + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leadwire", required=True, help="the release binary")
    parser.add_argument("--data", help="the folder of the shared tables")
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--positives", default="100,1000")
    parser.add_argument("--budget", default="2m", help="for each training")
    parser.add_argument("--document", action="store_true", help="write table and plot into docs")
    options = parser.parse_args()
    folder = data_folder(options.data)
    if folder is None:
        print("the shared tables are not beside this repository (--data, LEADWIRE_DATA): confidence NOT MEASURED")
        return
    results, every = {"scenarios": []}, {}
    with tempfile.TemporaryDirectory() as work:
        for name in options.tables.split(","):
            table = Table(name, folder)
            leadwire = Leadwire(options.leadwire, work, options.budget)
            wanted = [int(n) for n in options.positives.split(",")]
            for positives in wanted:
                # A table too small for two disjoint samples gives each two fifths of its positives.
                if positives == min(wanted) and 2.2 * positives > table.label.sum():
                    positives = int(0.4 * table.label.sum())
                for rate in (None, 0.03):
                    found = scenario(table, positives, rate, options.pairs, leadwire)
                    if found is None:
                        continue
                    rows = pooled(found["bins"]) if found["bins"] else []
                    found.update(table=name, positives=positives, rate="3%" if rate else f"{100 * table.label.mean():.0f}%", pooled=rows)
                    every.setdefault(name, []).extend(found.pop("bins"))
                    results["scenarios"].append(found)
                    print(json.dumps(found), flush=True)
    results["tables"] = {name: pooled(bins) for name, bins in every.items() if bins}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(markdown(results))
    if options.document:
        put("docs/model-quality.md", "confidence", markdown(results))
        PLOT.write_text(reliability(results["tables"]))


if __name__ == "__main__":
    main()
