"""What every peer's program is given and leaves: python PEER.py JOB.json, where the job names the files and the limits."""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd


class Job:
    def __init__(self):
        with open(sys.argv[1], encoding="utf-8") as file:
            job = json.load(file)
        self.target, self.task, self.classes = job["target"], job["task"], job["classes"]
        self.budget, self.seed, self.cores, self.model = job["budget"], job["seed"], job["cores"], job["model"]
        self.folder, self.out = job["folder"], job["out"]
        # Labels are text everywhere, as they stand in the file.
        types = {} if self.task == "regression" else {self.target: str}
        self.train = pd.read_csv(job["train"], dtype=types, keep_default_na=False, na_values=["", "NA", "nan", "?"])
        self.test = pd.read_csv(job["test"], dtype=types, keep_default_na=False, na_values=["", "NA", "nan", "?"])
        self.started = time.perf_counter()

    def features(self, table):
        return table.drop(columns=[self.target])

    def fitted(self):
        self.fit_seconds = time.perf_counter() - self.started
        self.predicting = time.perf_counter()

    def finish(self, outputs, columns, package):
        """Outputs are rows × classes, columns the labels in their order; or one value per row."""
        seconds = time.perf_counter() - self.predicting
        values = np.asarray(outputs, dtype=float)
        if self.task != "regression":
            values = by_class(values, columns, self.classes)
        with open(self.out, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "outputs": values.tolist(),
                    "fitSeconds": self.fit_seconds,
                    "predictSeconds": seconds,
                    "version": version(package),
                },
                file,
            )


def by_class(values, labels, classes):
    """Columns of probabilities in the order of the classes; 0 for a class that was not learnt."""
    place = {number(str(label)): k for k, label in enumerate(labels)}
    wanted = [place.get(number(label)) for label in classes]
    if sum(k is None for k in wanted) > len(wanted) / 2:
        raise ValueError(f"classes {classes} are not those of the answers {list(place)}")
    return np.column_stack([np.zeros(len(values)) if k is None else values[:, k] for k in wanted])


def number(label):
    """Labels that are numbers may be written in another way (1 and 1.0); blanks around labels may be gone."""
    try:
        return float(label)
    except ValueError:
        return label.strip()


def encoded(job):
    """Categories as codes, unknown ones missing: for programs that take numbers only."""
    train, test = job.features(job.train).copy(), job.features(job.test).copy()
    categorical = []
    for name in train.columns:
        if not pd.api.types.is_numeric_dtype(train[name]):
            known = pd.Categorical(train[name].astype("string"))
            train[name] = known.codes.astype(float)
            test[name] = pd.Categorical(test[name].astype("string"), categories=known.categories).codes.astype(float)
            categorical.append(name)
            train.loc[train[name] < 0, name] = np.nan
            test.loc[test[name] < 0, name] = np.nan
    return train, test, categorical
