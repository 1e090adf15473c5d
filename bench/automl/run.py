"""Glasspilot and its peers on the same folds, with the same budget and cores, one after another, interleaved by dataset and fold.

Run with the Python of the scikit-learn environment that setup.py made:

    .bench/automl/venvs/scikit-learn-hgb/bin/python bench/automl/run.py --budget 60 --folds 3 [--systems glasspilot,flaml] [--datasets iris,adult]

With --list small: tables of few rows or very many columns, for --systems glasspilot,scikit-learn-rf-tuned.

Appends a line per dataset, fold and system to bench/automl/results.csv; what stands there is not run again. A failure is recorded
with its reason and counts as the score of the baseline (class shares, or the mean), as AMLB does.
"""

import argparse
import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from peers.common import by_class
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
METRICS = {"binary": "AUC", "multiclass": "LogLoss", "regression": "RMSE"}
TYPES = {"binary": "BinaryClassification", "multiclass": "MulticlassClassification", "regression": "Regression"}
FIELDS = "dataset,task,fold,system,version,budget,metric,score,baseline,fit_seconds,predict_seconds,failure,cores,load,machine,date".split(",")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", type=int, default=60)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--only-folds", help="which of them to run now, from 0: the others may be added later")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--systems")
    parser.add_argument("--datasets")
    parser.add_argument("--list", default="datasets", help="name of the JSON file of tables: datasets, or small (few rows, or very many columns)")
    parser.add_argument("--data", default=os.environ.get("GLASSPILOT_DATASETS"))
    parser.add_argument("--results", default=str(HERE / "results.csv"))
    options = parser.parse_args()
    if not options.data:
        sys.exit("the tables are not here: set GLASSPILOT_DATASETS to their folder")
    peers = json.loads((HERE / "peers.json").read_text(encoding="utf-8"))
    systems = options.systems.split(",") if options.systems else ["glasspilot", *(name for name, peer in peers.items() if not peer.get("asked"))]
    known = done(options.results)
    for dataset in json.loads((HERE / f"{options.list}.json").read_text(encoding="utf-8")):
        if options.datasets and dataset["name"] not in options.datasets.split(","):
            continue
        table = read(Path(options.data) / dataset["file"], dataset)
        for fold, (train, test) in enumerate(folds(table, dataset, options.folds)):
            if options.only_folds and str(fold) not in options.only_folds.split(","):
                continue
            for system in systems:
                key = (dataset["name"], str(fold), system, str(options.budget))
                if key in known:
                    continue
                row = one(table, train, test, dataset, fold, system, peers.get(system), options)
                append(options.results, row)
                print(f"{row['dataset']} fold {fold} {system}: {row['metric']} {row['score']} {row['failure']}", flush=True)


def read(path, dataset):
    """Every cell as text: each system reads types for itself. Rows without a target are left out."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return table[~table[dataset["target"]].isin(["", "NA", "nan", "?"])].reset_index(drop=True)


def folds(table, dataset, count):
    target = table[dataset["target"]]
    if dataset["task"] == "regression":
        return list(KFold(count, shuffle=True, random_state=0).split(table))
    rare = target.map(target.value_counts()) < count
    # Classes with fewer rows than folds are only ever trained on.
    kept = np.flatnonzero(~rare)
    extra = np.flatnonzero(rare)
    parts = StratifiedKFold(count, shuffle=True, random_state=0).split(kept, target.iloc[kept])
    return [(np.sort(np.concatenate([kept[train], extra])), kept[test]) for train, test in parts]


def one(table, train, test, dataset, fold, system, peer, options):
    task, target = dataset["task"], dataset["target"]
    classes = [] if task == "regression" else sorted(table[target].unique())
    truth = table[target].iloc[test]
    baseline = score(task, classes, truth, constant(task, classes, table[target].iloc[train], len(test)))
    row = {
        "dataset": dataset["name"], "task": task, "fold": fold, "system": system, "version": "", "budget": options.budget,
        "metric": METRICS[task], "score": "", "baseline": baseline, "fit_seconds": "", "predict_seconds": "", "failure": "",
        "cores": options.cores, "load": round(os.getloadavg()[0], 1), "machine": platform.processor() or platform.machine(),
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="automl-"))
    try:
        job = {
            "train": str(folder / "train.csv"), "test": str(folder / "test.csv"), "target": target, "task": task,
            "classes": classes, "budget": options.budget, "seed": fold, "cores": options.cores,
            "model": (peer or {}).get("model"), "folder": str(folder), "out": str(folder / "out.json"),
        }  # fmt: skip
        table.iloc[train].to_csv(job["train"], index=False)
        table.iloc[test].to_csv(job["test"], index=False)
        answer = glasspilot(job) if peer is None else ask(system, peer, job)
        row.update(
            score=score(task, classes, truth, np.asarray(answer["outputs"], dtype=float)),
            fit_seconds=round(answer["fitSeconds"], 2),
            predict_seconds=round(answer["predictSeconds"], 3),
            version=answer["version"],
        )
    except Exception as error:  # whatever a system does, the others go on
        row.update(score=baseline, failure=f"{type(error).__name__}: {error}".replace("\n", " ")[-300:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return row


def limited(command, job):
    """A system that takes more than twice its budget and two minutes has failed."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(job["cores"]), "PYTHONWARNINGS": "ignore"}
    found = subprocess.run(
        command, capture_output=True, text=True, timeout=2 * job["budget"] + 120, env=environment, check=False, cwd=job["folder"]
    )
    if found.returncode != 0:
        raise RuntimeError((found.stderr.strip().splitlines() or ["no message"])[-1])
    return found.stdout


def ask(system, peer, job):
    python = ROOT / ".bench" / "automl" / "venvs" / peer.get("venv", system) / "bin" / "python"
    place = Path(job["folder"]) / "job.json"
    place.write_text(json.dumps(job), encoding="utf-8")
    limited([python, HERE / "peers" / peer["program"], place], job)
    return json.loads(Path(job["out"]).read_text(encoding="utf-8"))


def glasspilot(job):
    main, out, answers = ROOT / "dist" / "cli" / "main.js", f"{job['folder']}/out", f"{job['folder']}/answers.csv"
    started = time.perf_counter()
    limited(
        ["node", main, "run", job["train"], "--target", job["target"], "--problem-type", TYPES[job["task"]],
         "--objective", METRICS[job["task"]], "--budget", f"{job['budget']}s", "--seed", str(job["seed"]),
         "--workers", str(job["cores"]), "--output", out, "--quiet", "--json"],
        job,
    )  # fmt: skip
    fitted = time.perf_counter()
    limited(["node", main, "predict", out, job["test"], "--output", answers], job)
    seconds = time.perf_counter() - fitted
    table = pd.read_csv(answers, dtype={"predicted_label": str})
    outputs = table["prediction"] if job["task"] == "regression" else columns_of(table, job["classes"])
    version = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["version"]
    return {"outputs": np.asarray(outputs), "fitSeconds": fitted - started, "predictSeconds": seconds, "version": version}


def columns_of(table, classes):
    names = [name for name in table.columns if name.startswith("probability_")]
    return by_class(table[names].to_numpy(), [name.removeprefix("probability_") for name in names], classes)


def constant(task, classes, known, rows):
    if task == "regression":
        return np.full(rows, known.astype(float).mean())
    shares = known.value_counts(normalize=True)
    return np.tile([shares.get(label, 0.0) for label in classes], (rows, 1))


def score(task, classes, truth, outputs):
    if not np.all(np.isfinite(outputs)):
        raise ValueError("predictions are not finite")
    if task == "regression":
        return float(root_mean_squared_error(truth.astype(float), outputs))
    if task == "binary":
        return float(roc_auc_score(truth == classes[1], outputs[:, 1]))
    clipped = np.clip(outputs, 1e-15, 1)
    return float(log_loss(truth, clipped / clipped.sum(axis=1, keepdims=True), labels=classes))


def done(path):
    if not Path(path).exists():
        return set()
    with open(path, newline="", encoding="utf-8") as file:
        return {(row["dataset"], row["fold"], row["system"], row["budget"]) for row in csv.DictReader(file)}


def append(path, row):
    new = not Path(path).exists()
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
