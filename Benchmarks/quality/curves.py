"""Learning curves: Leadwire, the base rate and logistic regression on 50 to 2,000 rows of the shared tables."""
import argparse
import json
import tempfile

import numpy as np
from scipy.stats import t as student

from compare import put
from measures import losses
from peers import logistic, xgboost_model
from tables import ROOT, TABLES, Leadwire, Table, data_folder

RESULTS = ROOT / "Benchmarks" / "results" / "quality-curves.json"
SIZES = [50, 100, 200, 500, 1_000, 2_000]
TEST_ROWS = 4_000


def draw(table, size, number):
    """Rows to learn from and rows to measure on; another draw until either class has five."""
    random = np.random.default_rng(10_000 * size + number)
    while True:
        order = random.permutation(len(table.label))
        positives = table.label[order[:size]].sum()
        if min(positives, size - positives) >= 5:
            return order[:size], order[size:size + TEST_ROWS]


def point(table, size, draws, leadwire):
    """Mean log loss of each model over the draws, and 95% intervals (t over draws) of Leadwire less the others."""
    typed, found = table.typed(), {}
    for number in range(draws):
        rows, test = draw(table, size, number)
        y = table.label[rows]
        answers = {"base rate": np.full(len(test), (y.sum() + 0.5) / (size + 1))}
        answers["logistic regression"] = logistic(typed.iloc[rows], y, typed.iloc[test])
        answers["logistic regression, C 0.1"] = logistic(typed.iloc[rows], y, typed.iloc[test], c=0.1)
        answers["XGBoost 300 x depth 5"] = xgboost_model(
            n_estimators=300, max_depth=5, learning_rate=0.05, subsample=0.8, min_child_weight=3)(typed.iloc[rows], y, typed.iloc[test])
        model, _ = leadwire.train(table, rows, seed=number)
        answers["Leadwire"] = leadwire.probabilities(model, table, test)
        for name, p in answers.items():
            found.setdefault(name, []).append(losses(table.label[test], p).mean())
    means = {name: float(np.mean(values)) for name, values in found.items()}
    rivals = ["base rate", "logistic regression", "logistic regression, C 0.1"]
    best = min(rivals, key=lambda name: means[name])
    difference = np.array(found["Leadwire"]) - np.array(found[best])
    error = difference.std(ddof=1) / np.sqrt(draws) * student.ppf(0.975, draws - 1)
    return {
        "draws": draws, "log_loss": means, "best_of_base_and_logistic": best,
        "difference": [float(difference.mean()), float(difference.mean() - error), float(difference.mean() + error)],
    }


def markdown(results):
    lines = ["| table | rows | base rate | logistic regression, C 1 / 0.1 | XGBoost 300 x depth 5 | Leadwire | Leadwire less the best of base rate and logistic |",
             "|---|---|---|---|---|---|---|"]
    for name, points in results.items():
        for size, p in points.items():
            loss, d = p["log_loss"], p["difference"]
            lines.append(
                f"| {name} | {int(size):,} | {loss['base rate']:.4f} | {loss['logistic regression']:.4f} / {loss['logistic regression, C 0.1']:.4f} | "
                f"{loss['XGBoost 300 x depth 5']:.4f} | **{loss['Leadwire']:.4f}** | {d[0]:+.4f} ({d[1]:+.4f} to {d[2]:+.4f}) |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leadwire", required=True, help="the release binary")
    parser.add_argument("--data", help="the folder of the shared tables")
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--document", action="store_true", help="write the table into docs/model-quality.md")
    options = parser.parse_args()
    folder = data_folder(options.data)
    if folder is None:
        print("the shared tables are not beside this repository (--data, LEADWIRE_DATA): learning curves NOT MEASURED")
        return
    results = {}
    with tempfile.TemporaryDirectory() as work:
        for name in options.tables.split(","):
            table = Table(name, folder)
            for size in map(int, options.sizes.split(",")):
                # A quarter of the table at least has to be left to measure on.
                if size * 4 > len(table.label) * 3:
                    continue
                results.setdefault(name, {})[str(size)] = point(table, size, options.draws, Leadwire(options.leadwire, work))
                print(name, size, json.dumps(results[name][str(size)]), flush=True)
                RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    if options.document:
        put("docs/model-quality.md", "curves", markdown(results))
    print(markdown(results))


if __name__ == "__main__":
    main()
