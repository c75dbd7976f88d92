#!/usr/bin/env python3
"""Makes the golden models of Tests/ForestTests/Golden with real XGBoost libraries, through their C interface.

    python3 scripts/golden/make_golden.py

Downloads one wheel per version with pip into a scratch folder (default: a temporary one, or --scratch DIR to keep it),
loads each library in a process of its own, trains small models on seeded data and writes for each model NAME:
    NAME.json, NAME.ubj   the model as that version saves it
    NAME.expected         what that version answers, see the README beside the files
Nothing is installed. Needs Linux on x86-64, Python 3.9 or later, and Debian's libxgboost0 for the 'debian' models.
"""
import argparse
import array
import ctypes
import json
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ForestTests" / "Golden"
WHEELS = {  # label: (package, version); later versions need a newer Python to import, but not to load the library
    "1.7.4": ("xgboost", "1.7.4"),
    "2.1.4": ("xgboost", "2.1.4"),
    "3.2.0": ("xgboost", "3.2.0"),
    "3.4.1": ("xgboost-cpu", "3.4.1"),
}
DEBIAN = "/usr/lib/x86_64-linux-gnu/libxgboost.so.0"
FEATURES = 8
NAN, INF = float("nan"), float("inf")
TYPES = ["q"] * 5 + ["c", "c", "q"]
NAMES = ["rooms", "budget", "days", "visits", "score", "channel", "district", "count"]


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def neighbour(value, step):
    bits = struct.unpack("<i", struct.pack("<f", value))[0]
    return struct.unpack("<f", struct.pack("<i", bits + step))[0]


class Library:
    """The few calls that are needed, each checked."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.XGBGetLastError.restype = ctypes.c_char_p

    def __call__(self, name, *arguments):
        if getattr(self.lib, name)(*arguments) != 0:
            raise RuntimeError(f"{name}: {self.lib.XGBGetLastError().decode()[:300]}")

    def version(self):
        parts = [ctypes.c_int() for _ in range(3)]
        self.lib.XGBoostVersion(*map(ctypes.byref, parts))
        return ".".join(str(part.value) for part in parts)

    def matrix(self, rows, labels=None, categorical=False):
        flat = (ctypes.c_float * (len(rows) * FEATURES))(*[v for row in rows for v in row])
        handle = ctypes.c_void_p()
        self("XGDMatrixCreateFromMat", flat, ctypes.c_uint64(len(rows)), ctypes.c_uint64(FEATURES),
             ctypes.c_float(NAN), ctypes.byref(handle))
        if labels is not None:
            self("XGDMatrixSetFloatInfo", handle, b"label", (ctypes.c_float * len(labels))(*labels),
                 ctypes.c_uint64(len(labels)))
        types = TYPES if categorical else ["q"] * FEATURES
        for field, values in ((b"feature_type", types), (b"feature_name", NAMES)):
            strings = (ctypes.c_char_p * FEATURES)(*[value.encode() for value in values])
            self("XGDMatrixSetStrFeatureInfo", handle, field, strings, ctypes.c_uint64(FEATURES))
        return handle

    def train(self, parameters, matrix, rounds, categorical):
        booster = ctypes.c_void_p()
        self("XGBoosterCreate", (ctypes.c_void_p * 1)(matrix), ctypes.c_uint64(1), ctypes.byref(booster))
        for key, value in parameters.items():
            self("XGBoosterSetParam", booster, key.encode(), str(value).encode())
        for iteration in range(rounds):
            self("XGBoosterUpdateOneIter", booster, ctypes.c_int(iteration), matrix)
        types = TYPES if categorical else ["q"] * FEATURES
        for field, values in ((b"feature_type", types), (b"feature_name", NAMES)):
            strings = (ctypes.c_char_p * FEATURES)(*[value.encode() for value in values])
            self("XGBoosterSetStrFeatureInfo", booster, field, strings, ctypes.c_uint64(FEATURES))
        return booster

    def save(self, booster, format):
        size, data = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_char)()
        self("XGBoosterSaveModelToBuffer", booster, json.dumps({"format": format}).encode(), ctypes.byref(size),
             ctypes.byref(data))
        return ctypes.string_at(data, size.value)

    def load(self, data):
        booster = ctypes.c_void_p()
        self("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(booster))
        self("XGBoosterLoadModelFromBuffer", booster, data, ctypes.c_uint64(len(data)))
        return booster

    def predict(self, booster, matrix, kind, end=0):
        shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        result = ctypes.POINTER(ctypes.c_float)()
        config = json.dumps({"type": kind, "training": False, "iteration_begin": 0, "iteration_end": end,
                             "strict_shape": True})
        self("XGBoosterPredictFromDMatrix", booster, matrix, config.encode(), ctypes.byref(shape),
             ctypes.byref(dimensions), ctypes.byref(result))
        count = 1
        for axis in range(dimensions.value):
            count *= shape[axis]
        return [result[index] for index in range(count)]


def table(seed, count):
    """Rows with every trait the format can express, and three kinds of label."""
    draw = random.Random(seed)
    rows, binary, counts = [], [], []
    for _ in range(count):
        row = [f32(draw.gauss(0, 1)) for _ in range(5)]
        row += [float(draw.randrange(3)), float(draw.randrange(40)), float(min(9, int(draw.expovariate(0.5))))]
        signal = row[0] * row[1] + (row[6] % 7 == 3) * 2 + (row[5] == 1) - row[7] * 0.3 + draw.gauss(0, 1)
        binary.append(float(signal > 0.6))
        counts.append(float(min(2, round(abs(row[0] + row[7] * 0.4)))))
        rows.append([NAN if draw.random() < 0.1 else value for value in row])
    return rows, binary, counts


def probes(model, categorical):
    """Rows that a wrong comparison would get wrong: ties with the model's own thresholds among them."""
    rows = table(17, 40)[0]
    for value in (NAN, 0.0, -0.0, 1e-45, -1e-45, 1.1754944e-38, 3.4028235e38, -3.4028235e38, 1e-35, -1e-35):
        special = [value] * FEATURES
        if categorical and not (math.isnan(value) or value == 0):
            special[5] = special[6] = 1.0
        rows.append(special)
    booster = model["learner"]["gradient_booster"]
    trees = booster.get("gbtree", booster)["model"]["trees"]
    ties = []
    for tree in trees:
        types = tree.get("split_type") or [0] * len(tree["left_children"])
        for node, child in enumerate(tree["left_children"]):
            if child != -1 and types[node] == 0:
                ties.append((tree["split_indices"][node], f32(tree["split_conditions"][node])))
    draw = random.Random(23)
    for step in (0, 0, 0, -1, 1):
        for _ in range(6):
            row = list(draw.choice(rows[:40]))
            for feature, threshold in draw.sample(ties, min(len(ties), 4)):
                row[feature] = neighbour(threshold, step) if threshold != 0 else step * 1e-45
            rows.append(row)
    if categorical:
        for value in (39.0, 39.7, 38.999, 12.0, 7.5, 40.0, 41.0, 1000.0):
            row = list(draw.choice(rows[:40]))
            row[6], row[5] = value, 2.9
            rows.append(row)
        for value in (-1.0, -0.5, -0.0, 16777215.0, 16777216.0, 2.5e7, 3e9):
            row = list(draw.choice(rows[:40]))
            row[6] = row[5] = value
            rows.append(row)
    return [[f32(value) for value in row] for row in rows]


def jobs():
    base = dict(tree_method="hist", max_depth=4, eta=0.3, nthread=1, seed=1)
    logistic = dict(base, objective="binary:logistic")
    return {  # kind: (parameters, label, categorical, rounds)
        "numeric": (logistic, "binary", False, 6),
        "categorical": (dict(logistic, max_cat_to_onehot=4, max_cat_threshold=16), "binary", True, 6),
        "base-score": (dict(logistic, base_score=0.13), "binary", False, 3),
        "dart": (dict(logistic, booster="dart", rate_drop=0.4, one_drop=1), "binary", False, 8),
        "dart-categorical": (dict(logistic, booster="dart", rate_drop=0.4, max_cat_to_onehot=4), "binary", True, 5),
        "parallel": (dict(logistic, num_parallel_tree=3, subsample=0.7), "binary", False, 2),
        "regression": (dict(base, objective="reg:squarederror", base_score=0.5), "counts", False, 4),
        "poisson": (dict(base, objective="count:poisson"), "counts", False, 4),
        "logitraw": (dict(base, objective="binary:logitraw", base_score=0.25), "binary", False, 3),
        "pruned": (dict(logistic, tree_method="exact", gamma=3.0), "binary", False, 6),
        "leafwise": (dict(logistic, grow_policy="lossguide", max_depth=0, max_leaves=24), "binary", False, 4),
        "deep": (dict(logistic, max_depth=11, min_child_weight=0), "counts01", False, 2),
        "stumps": (dict(logistic, max_depth=1), "binary", False, 11),
        "constant": (dict(logistic, gamma=1e6), "binary", False, 2),
        "early": (logistic, "binary", False, 5),
    }


def pack(rows, margins, contributions):
    """count, features, then little-endian floats: rows, margins, contributions with the bias last."""
    flat = array.array("f", [value for row in rows for value in row] + margins + contributions)
    assert flat.itemsize == 4 and sys.byteorder == "little"
    return struct.pack("<II", len(rows), FEATURES) + flat.tobytes()


def work(path, label, target):
    library = Library(path)
    rows, binary, counts = table(3, 1200)
    labels = {"binary": binary, "counts": counts, "counts01": [float(count > 1) for count in counts]}
    for kind, (parameters, which, categorical, rounds) in jobs().items():
        train = library.matrix(rows, labels[which], categorical)
        booster = library.train(parameters, train, rounds, categorical)
        if kind == "early":
            library("XGBoosterSetAttr", booster, b"best_iteration", b"2")
        text = library.save(booster, "json")
        probe = probes(json.loads(text), categorical)
        matrix = library.matrix(probe, None, categorical)
        end = 3 if kind == "early" else 0
        name = f"{label}-{kind}"
        (target / f"{name}.json").write_bytes(text)
        (target / f"{name}.ubj").write_bytes(library.save(booster, "ubj"))
        (target / f"{name}.expected").write_bytes(
            pack(probe, library.predict(booster, matrix, 1, end), library.predict(booster, matrix, 2, end)))
    print(f"{label}: library {library.version()}, {len(jobs())} models")


NAMED_CATEGORIES = """
import sys, json, numpy, pandas, xgboost
draw = numpy.random.RandomState(5)
frame = pandas.DataFrame({"rooms": draw.randint(1, 9, 600).astype("float32"),
    "channel": pandas.Categorical(draw.choice(["direct", "google", "olark", "partner site"], 600)),
    "floor": pandas.Categorical(draw.choice([1, 3, 7], 600))})
label = ((frame.channel == "google") ^ (frame.rooms > 4) | (frame.floor == 7)).astype(int)
data = xgboost.DMatrix(frame, label, enable_categorical=True)
booster = xgboost.train(dict(objective="binary:logistic", tree_method="hist", max_depth=3, nthread=1), data, 3)
for format in ("json", "ubj"): booster.save_model(sys.argv[1] + "." + format)
"""


def fetch(scratch):
    libraries = {}
    for label, (package, version) in WHEELS.items():
        folder = scratch / label
        if not folder.exists():
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
                            "--python-version", "3.12", "-d", str(scratch / "wheels"), f"{package}=={version}"],
                           check=True)
            wheel = next((scratch / "wheels").glob(f"{package.replace('-', '_')}-{version}-*.whl"))
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
        libraries[label] = str(folder / "xgboost" / "lib" / "libxgboost.so")
    if os.path.exists(DEBIAN):
        libraries["debian"] = DEBIAN
    else:
        print("no Debian libxgboost0 here: its models stay as they are", file=sys.stderr)
    return libraries


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, help="keep downloads here")
    parser.add_argument("--worker", nargs=2, metavar=("LIBRARY", "LABEL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    GOLDEN.mkdir(parents=True, exist_ok=True)
    if options.worker:
        return work(*options.worker, GOLDEN)
    scratch = options.scratch or pathlib.Path(tempfile.mkdtemp(prefix="golden-"))
    for label, library in fetch(scratch).items():
        subprocess.run([sys.executable, __file__, "--worker", library, label], check=True)
    named = scratch / "named"
    if not named.exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", str(named), "numpy", "pandas",
                        "scipy"], check=True)
    environment = dict(os.environ, PYTHONPATH=f"{scratch / '3.2.0'}{os.pathsep}{named}")
    subprocess.run([sys.executable, "-c", NAMED_CATEGORIES, str(GOLDEN / "3.2.0-named-categories")], check=True,
                   env=environment)
    if not options.scratch:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
