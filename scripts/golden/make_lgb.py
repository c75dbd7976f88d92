#!/usr/bin/env python3
"""Makes the LightGBM models of Tests/ForestTests/Golden with two real versions of the library.

    python3 scripts/golden/make_lgb.py

Installs each version with pip into a scratch folder (default: a temporary one, or --scratch DIR to keep it), loads it in a
process of its own, trains small models on seeded data and writes for each model NAME:
    NAME.txt        the model as that version saves it
    NAME.expected   what that version answers, see the README beside the files
Nothing is installed elsewhere. Needs Linux on x86-64 and Python 3.9 to 3.12.
"""
import argparse
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ForestTests" / "Golden"
VERSIONS = ["3.3.5", "4.7.0"]  # the newest that writes text v3, and one that writes v4
AROUND = ["numpy==1.26.4", "scipy==1.13.1", "pandas==2.2.3"]
NAN, INF = float("nan"), float("inf")
FEATURES = 8
NAMES = ["rooms", "budget", "days", "visits", "score", "channel", "district", "count"]
CATEGORIES = [5, 6]
TINY = struct.unpack("<f", struct.pack("<f", 1e-35))[0]  # what LightGBM takes for zero, as it compares it


def table(seed, count, missing):
    """Rows with every trait that the format can express, and the labels that the objectives need."""
    draw, noise = random.Random(seed), random.Random(seed + 1)
    rows, binary, counts, present = [], [], [], []
    for _ in range(count):
        row = [draw.gauss(0, 1) for _ in range(5)]
        row += [float(draw.randrange(3)), float(draw.randrange(70)), float(min(9, int(draw.expovariate(0.5))))]
        signal = row[0] * row[1] + (row[6] % 7 == 3) * 2 + (row[5] == 1) - row[7] * 0.3 + draw.gauss(0, 1)
        binary.append(float(signal > 0.6))
        counts.append(float(min(5, round(abs(row[0] + row[7] * 0.4)))))
        rows.append([NAN if draw.random() < missing else value for value in row])
        # Here it tells most whether the values are there at all.
        present.append(float(math.isnan(rows[-1][1]) or rows[-1][7] == 0 or noise.random() < 0.1))
    return rows, binary, counts, present


def thresholds(text):
    """(feature, threshold) of the numeric splits of a saved model."""
    found, fields = [], {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key in ("split_feature", "threshold", "decision_type"):
            fields[key] = value.split()
        if key == "decision_type":
            for feature, threshold, kind in zip(*(fields[k] for k in ("split_feature", "threshold", "decision_type"))):
                if int(kind) & 1 == 0:
                    found.append((int(feature), float(threshold)))
    return found


def probes(text, categorical, plain):
    """Rows that a wrong comparison would get wrong: ties with the model's own thresholds among them."""
    rows = table(17, plain, 0.1)[0]
    draw = random.Random(23)
    for value in (NAN, 0.0, -0.0, INF, -INF, 5e-324, -5e-324, 1e-36, -1e-36, 1e-35, -1e-35, TINY, -TINY,
                  math.nextafter(TINY, 1), -math.nextafter(TINY, 1), 1e-30, 1.7e308, -1.7e308):
        rows.append([value] * FEATURES)
        row = list(draw.choice(rows[:plain]))
        for feature in draw.sample(range(FEATURES), 3):
            row[feature] = value
        rows.append(row)
    ties = [tie for tie in thresholds(text) if math.isfinite(tie[1])]
    for direction in (0, 0, -INF, INF, None):
        for _ in range(4):
            row = list(draw.choice(rows[:plain]))
            for feature, threshold in draw.sample(ties, min(len(ties), 4)):
                if direction is None:  # the nearest float, on whichever side it falls
                    row[feature] = struct.unpack("<f", struct.pack("<f", threshold))[0]
                else:
                    row[feature] = math.nextafter(threshold, direction) if direction else threshold
            rows.append(row)
    if categorical:
        for value in (70, 69, 69.9, 63, 64, 31.5, 1000, -1, -0.5, -0.999, 0.999, 2147483647, 2147483648, 2.5e9, 4294967299,
                      1e300, -1e300):
            row = list(draw.choice(rows[:plain]))
            row[6] = row[5] = float(value)
            rows.append(row)
    return rows


def jobs():
    base = dict(verbose=-1, num_threads=1, deterministic=True, force_row_wise=True, seed=1, num_leaves=12,
                min_data_in_leaf=10, learning_rate=0.3)
    few = dict(base, num_leaves=5)
    binary = dict(base, objective="binary")
    return {  # kind: (parameters, label, share missing, categorical, rounds)
        "numeric": (binary, "binary", 0.1, False, 4),
        "no-missing": (binary, "binary", 0, False, 4),
        "zero-missing": (dict(binary, zero_as_missing=True), "binary", 0.1, False, 4),
        "missing-unused": (dict(binary, use_missing=False), "binary", 0.1, False, 4),
        "presence": (few | dict(objective="binary"), "present", 0.1, False, 3),
        "categorical": (dict(binary, max_cat_to_onehot=4, cat_smooth=1, min_data_per_group=5), "binary", 0.1, True, 4),
        "categorical-zero": (dict(binary, zero_as_missing=True, cat_smooth=1, min_data_per_group=5), "binary", 0.1, True, 2),
        "rf": (dict(binary, boosting="rf", bagging_freq=1, bagging_fraction=0.6, feature_fraction=0.7), "binary", 0.1,
               False, 4),
        "rf-regression": (dict(few, objective="regression", boosting="rf", bagging_freq=1, bagging_fraction=0.6), "counts",
                          0.1, False, 3),
        "dart": (dict(binary, boosting="dart", drop_rate=0.5, max_drop=3, skip_drop=0), "binary", 0.1, True, 6),
        "goss": (dict(few, objective="binary", boosting="goss"), "binary", 0.1, False, 3),
        "sigmoid": (dict(binary, sigmoid=2.0, is_unbalance=True), "binary", 0.1, False, 3),
        "xent": (dict(base, objective="cross_entropy"), "binary", 0.1, False, 3),
        "xentlambda": (dict(few, objective="cross_entropy_lambda"), "binary", 0.1, False, 2),
        "deep": (dict(binary, num_leaves=40, min_data_in_leaf=2), "binary", 0.1, True, 2),
        "large": (dict(few, objective="regression"), "money", 0.1, False, 3),
        "regression": (dict(few, objective="regression"), "counts", 0.1, False, 3),
        "sqrt": (dict(few, objective="regression", reg_sqrt=True), "counts", 0.1, False, 2),
        "l1": (dict(few, objective="regression_l1"), "counts", 0.1, False, 2),
        "huber": (dict(few, objective="huber"), "counts", 0.1, False, 2),
        "fair": (dict(few, objective="fair"), "counts", 0.1, False, 2),
        "quantile": (dict(few, objective="quantile", alpha=0.7), "counts", 0.1, False, 2),
        "mape": (dict(few, objective="mape"), "counts", 0.1, False, 2),
        "poisson": (dict(few, objective="poisson"), "counts", 0.1, False, 2),
        "gamma": (dict(few, objective="gamma"), "positive", 0.1, False, 2),
        "tweedie": (dict(few, objective="tweedie"), "counts", 0.1, False, 2),
        "rank": (dict(few, objective="lambdarank"), "counts", 0.1, False, 2),
        "custom": (few, "custom", 0.1, False, 2),
        "constant": (dict(few, objective="binary", min_gain_to_split=1e9), "binary", 0.1, False, 2),
        # Refused, each for its own reason.
        "linear": (dict(few, objective="regression", linear_tree=True), "counts", 0.1, False, 1),
        "multiclass": (dict(few, objective="multiclass", num_class=3), "classes", 0.1, False, 1),
        "ova": (dict(few, objective="multiclassova", num_class=3), "classes", 0.1, False, 1),
    }


SMALL = 6  # plain rows of the kinds that differ in their objective only
INFINITE = ["numeric", "no-missing", "zero-missing"]  # made again with thresholds at infinity
REFUSED = {"linear", "multiclass", "ova"}


def pack(rows, margins, predictions, contributions):
    """count, features, then little-endian doubles: rows, margins, predictions, contributions with the bias last."""
    flat = [value for row in rows for value in row] + list(margins) + list(predictions)
    flat += [value for row in contributions for value in row]
    return struct.pack("<II", len(rows), FEATURES) + struct.pack(f"<{len(flat)}d", *flat)


def work(label, target):
    import lightgbm
    import numpy
    assert lightgbm.__version__ == label
    for kind, (parameters, which, missing, categorical, rounds) in jobs().items():
        rows, binary, counts, present = table(3, 1500, missing)
        labels = {"present": present, "binary": binary, "counts": counts, "custom": binary,
                  "positive": [count + 0.5 for count in counts], "classes": [min(2, count) for count in counts],
                  "money": [123_456.78 * count + 250_000 for count in counts]}[which]
        data = lightgbm.Dataset(numpy.array(rows), labels, feature_name=NAMES,
                                categorical_feature=CATEGORIES if categorical else [],
                                params=dict(verbose=-1, zero_as_missing=parameters.get("zero_as_missing", False)))
        if kind == "rank":
            data.set_group([100] * 15)
        if which == "custom":
            def gradient(predicted, train):
                probability = 1 / (1 + numpy.exp(-predicted))
                return probability - train.get_label(), probability * (1 - probability)
            if label.startswith("3"):
                booster = lightgbm.train(parameters, data, rounds, fobj=gradient)
            else:
                booster = lightgbm.train(dict(parameters, objective=gradient), data, rounds)
        else:
            booster = lightgbm.train(parameters, data, rounds)
        name = f"lgb-{label}-{kind}"
        booster.save_model(str(target / f"{name}.txt"))
        if kind in REFUSED:
            continue
        text = (target / f"{name}.txt").read_text()
        plain = SMALL if parameters["num_leaves"] == 5 else 24
        answer(target / name, text, probes(text, categorical, plain))
        if kind in INFINITE:
            text = infinite(text)
            (target / f"{name}-infinite.txt").write_text(text)
            answer(target / f"{name}-infinite", text, probes(text, categorical, plain))
    named(label, target)
    print(f"{label}: {len(jobs()) + len(INFINITE) + 1} models")


def answer(path, text, rows):
    import lightgbm
    import numpy
    booster = lightgbm.Booster(model_str=text)
    matrix = numpy.array(rows)
    path.with_name(path.name + ".expected").write_bytes(
        pack(rows, booster.predict(matrix, raw_score=True), booster.predict(matrix),
             booster.predict(matrix, pred_contrib=True)))


def infinite(text):
    """The model with a third of its numeric thresholds at infinity: the library writes +inf itself, though not for every
    missing type within a few trees. Without tree_sizes it reads tree after tree."""
    draw = random.Random(29)
    lines = []
    for line in text.splitlines():
        if line.startswith("tree_sizes="):
            continue
        if line.startswith("threshold="):
            values = line.partition("=")[2].split()
            line = "threshold=" + " ".join(draw.choice([value, value, value, "inf", "inf", "-inf"]) for value in values)
        lines.append(line)
    return "\n".join(lines) + "\n"


def named(label, target):
    """A pandas table with categories of strings and of numbers: the file keeps them."""
    import lightgbm
    import numpy
    import pandas
    draw = numpy.random.RandomState(5)
    frame = pandas.DataFrame({
        "rooms": draw.randint(1, 9, 600).astype("float64"),
        "channel": pandas.Categorical(draw.choice(["direct", "google", "größer, \"é\"", "partner site"], 600)),
        "floor": pandas.Categorical(draw.choice([1, 3, 7], 600))})
    label_values = ((frame.channel == "google") ^ (frame.rooms > 4) | (frame.floor == 7)).astype(int)
    parameters = dict(objective="binary", num_leaves=8, min_data_in_leaf=5, min_data_per_group=5, cat_smooth=1, verbose=-1,
                      num_threads=1, deterministic=True, force_row_wise=True)
    booster = lightgbm.train(parameters, lightgbm.Dataset(frame, label_values, params=dict(verbose=-1)), 3)
    booster.save_model(str(target / f"lgb-{label}-named-categories.txt"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, help="keep the installed libraries here")
    parser.add_argument("--worker", metavar="VERSION", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.worker, GOLDEN)
    scratch = options.scratch or pathlib.Path(tempfile.mkdtemp(prefix="golden-"))
    for version in VERSIONS:
        folder = scratch / version
        if not folder.exists():
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", str(folder),
                            f"lightgbm=={version}", *AROUND], check=True)
        subprocess.run([sys.executable, __file__, "--worker", version], check=True,
                       env=dict(os.environ, PYTHONPATH=str(folder)))
    if not options.scratch:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
