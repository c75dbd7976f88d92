"""Makes the forest that both sides serve: 200 trees of depth 6 over the 28 features, from invented rows with missing values.

Writes into the folder given: model.json (XGBoost), model-lightgbm.txt (200 trees of 31 leaves on the same rows), reference.csv
(28 named columns and the label, categories by name) and rows.f32 (1,000 rows, row-major float32) for the micro benchmarks. Seeded: the same files each time.
"""
import csv, json, pathlib, subprocess, sys
import lightgbm as lgb
import numpy as np
import xgboost as xgb

out = pathlib.Path(sys.argv[1]); out.mkdir(parents=True, exist_ok=True)
schema = json.loads(pathlib.Path(__file__).with_name("features-1.json").read_text())
rng = np.random.default_rng(20261122)
n = 100_000
columns, logit = [], np.full(n, -2.0)
for feature in schema:
    if feature["kind"] == "boolean":
        column = (rng.random(n) < 0.4).astype(np.float32)
    elif feature["kind"] == "categorical":
        column = rng.integers(0, len(feature["vocabulary"]), n).astype(np.float32)
    elif feature["name"].endswith(("variance", "minutes")):
        column = rng.exponential(600.0, n).astype(np.float32)
    elif feature["name"].endswith("count"):
        column = rng.poisson(1.2, n).astype(np.float32)
    else:
        column = rng.random(n).astype(np.float32)
    spread = column.std() or 1.0
    logit += rng.normal(0, 0.5) * (column - column.mean()) / spread
    missing = rng.random(n) < (0.03 if len(columns) < 20 else 0.0)
    column[missing] = np.nan
    columns.append(column)
X = np.stack(columns, axis=1)
logit += 0.6 * np.nan_to_num(X[:, 6]) * np.nan_to_num(X[:, 22]) - 0.4 * np.nan_to_num(X[:, 1]) * np.nan_to_num(X[:, 24])
y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.int32)
names = [f["name"] for f in schema]
booster = xgb.train(
    {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "tree_method": "hist", "seed": 7, "nthread": 2},
    xgb.DMatrix(X, label=y, feature_names=names), num_boost_round=200)
booster.save_model(out / "model.json")
leafwise = lgb.train(
    {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "seed": 7, "num_threads": 2, "verbose": -1},
    lgb.Dataset(X, label=y, feature_name=names), num_boost_round=200)
leafwise.save_model(out / "model-lightgbm.txt")
X[:1000].astype("<f4").tofile(out / "rows.f32")
with open(out / "reference.csv", "w", newline="") as handle:
    writer = csv.writer(handle); writer.writerow(names + ["converted"])
    for row, label in zip(X[:5000], y[:5000]):
        cells = []
        for feature, value in zip(schema, row):
            if np.isnan(value): cells.append("")
            elif feature["kind"] == "categorical": cells.append(feature["vocabulary"][int(value)])
            elif feature["kind"] == "boolean": cells.append("true" if value else "false")
            else: cells.append(repr(float(value)))
        writer.writerow(cells + [int(label)])
print(json.dumps({"rows": n, "positives": int(y.sum()), "trees": len(booster.get_dump()), "xgboost": xgb.__version__}))
