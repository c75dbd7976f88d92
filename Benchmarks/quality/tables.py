"""The shared tables: where they are, their splits, and files for `leadwire train`."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = {
    "bank": dict(
        file="bank_marketing/bank-full.csv", delimiter=";", label="y", positive="yes",
        splits="bank_marketing/splits_bank_full_seed20261122.csv", columns="bank_marketing/features_bank_full.json"),
    "shoppers": dict(
        file="online_shoppers/online_shoppers_intention.csv", delimiter=",", label="Revenue", positive="TRUE",
        splits="online_shoppers/splits_online_shoppers_seed20261122.csv",
        columns="online_shoppers/features_online_shoppers.json"),
    "salvirt": dict(
        file="salvirt_b2b/Salvirt_B2B_ML_dataset.csv", delimiter=";", label="Status", positive="Won",
        splits="salvirt_b2b/splits_salvirt_seed20261122.csv", columns="salvirt_b2b/features_salvirt.json"),
}


def data_folder(argument=None):
    """The folder of the shared tables: the argument, LEADWIRE_DATA, or ../shared/data beside the repository."""
    folder = pathlib.Path(argument or os.environ.get("LEADWIRE_DATA") or ROOT.parent / "shared" / "data")
    return folder if (folder / "README.md").exists() else None


class Table:
    """Text cells of the safe columns, labels and splits, in the order of the split file."""

    def __init__(self, name, folder):
        spec = TABLES[name]
        self.name = name
        raw = pd.read_csv(folder / spec["file"], sep=spec["delimiter"], dtype=str, keep_default_na=False)
        self.splits = pd.read_csv(folder / spec["splits"])
        raw = raw.iloc[self.splits.row_id.values].reset_index(drop=True)
        columns = json.loads((folder / spec["columns"]).read_text())["feature_sets"]["safe"]
        self.text = raw[columns]
        self.label = (raw[spec["label"]] == spec["positive"]).astype(int).values
        if not (self.label == self.splits.y.values).all():
            raise SystemExit(f"{name}: the labels of the split file are not those of the table")

    def typed(self):
        """Numbers as numbers, everything else as categories, for the libraries of Python."""
        typed = self.text.copy()
        for column in typed:
            numbers = pd.to_numeric(typed[column].replace("", np.nan), errors="coerce")
            isnumber = numbers.notna() | (typed[column] == "")
            typed[column] = numbers if isnumber.all() else typed[column].astype("category")
        return typed

    def write(self, rows, path, time=False):
        """The rows with their label as a CSV file; `time` adds the place in the file as a column `row`."""
        frame = self.text.iloc[rows].copy()
        frame["label"] = np.where(self.label[rows] == 1, "yes", "no")
        if time:
            frame["row"] = self.splits.row_id.values[rows]
        frame.to_csv(path, index=False)


class Leadwire:
    """The command line, trained and asked in a folder of its own."""

    def __init__(self, binary, folder, budget="10m"):
        self.binary, self.folder, self.budget = str(binary), pathlib.Path(folder), budget

    def train(self, table, rows, name="model", seed=1, time=False):
        training, model = self.folder / f"{name}.csv", self.folder / f"{name}.leadwire"
        table.write(rows, training, time)
        command = [
            self.binary, "train", str(training), "--label", "label", "--positive", "yes", "--holdout", "0", "--allow", "all",
            "--seed", str(seed), "--budget", self.budget, "--out", str(model), "--json"]
        done = subprocess.run(command + (["--time", "row"] if time else []), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-2_000:])
        return model, json.loads(done.stdout)

    def probabilities(self, model, table, rows, time=False):
        path = self.folder / "ask.csv"
        table.write(rows, path, time)
        out = subprocess.run(
            [self.binary, "predict", str(path), "--model", str(model)], capture_output=True, check=True).stdout
        (self.folder / "answer.csv").write_bytes(out)
        return pd.read_csv(self.folder / "answer.csv", usecols=["probability"]).probability.values

    def scores(self, model, table, rows):
        """Probability, confidence and class of each row, by `score`."""
        path, out = self.folder / "ask.csv", self.folder / "answer.csv"
        table.write(rows, path)
        subprocess.run(
            [self.binary, "score", str(path), "--model", str(model), "--out", str(out)], capture_output=True, check=True)
        return pd.read_csv(out, usecols=["conversion_probability", "ml_score", "classification", "ml_confidence"])
