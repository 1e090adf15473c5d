"""RealMLP and TabM of pytabkit at their defaults. Reads one JSON request per line, answers with one JSON object per line.

request: {peer, x, y, train, test, features, categories, task, classes, seed}: x is row-major float32 with -1 for a missing category,
y float64, train and test int32 row numbers; the answer is {seconds, loss}: log loss, or root mean squared error.
"""

import json
import os
import sys
import time
import warnings

import numpy as np
import pandas

warnings.filterwarnings("ignore")


def frame(request):
    x = np.fromfile(request["x"], dtype=np.float32).reshape(-1, request["features"])
    columns = {}
    for j in range(x.shape[1]):
        if j in request["categories"]:
            columns[str(j)] = pandas.Categorical(x[:, j].astype(int))
        else:
            values = x[:, j].astype(np.float64)
            columns[str(j)] = np.where(np.isnan(values), np.nanmedian(values), values)
    return pandas.DataFrame(columns)


def learner(request):
    import pytabkit

    names = {"realmlp": "RealMLP_TD", "tabm": "TabM_D"}
    regression = request["task"] == "regression"
    kind = getattr(pytabkit, names[request["peer"]] + ("_Regressor" if regression else "_Classifier"))
    metric = {} if regression else {"val_metric_name": "cross_entropy"}
    if request["peer"] == "realmlp" and not regression:
        metric["use_ls"] = False  # label smoothing makes probabilities that are too mild
    return kind(device="cpu", random_state=request["seed"], n_threads=1, verbosity=0, **metric)


def fit(request):
    x = frame(request)
    y = np.fromfile(request["y"], dtype=np.float64)
    train = np.fromfile(request["train"], dtype=np.int32)
    test = np.fromfile(request["test"], dtype=np.int32)
    labels = y if request["task"] == "regression" else y.astype(int)
    model = learner(request)
    start = time.process_time()
    model.fit(x.iloc[train], labels[train])
    seconds = time.process_time() - start
    if request["task"] == "regression":
        loss = float(np.sqrt(np.mean((model.predict(x.iloc[test]).ravel() - y[test]) ** 2)))
    else:
        p = np.full((len(test), request["classes"]), 1e-15)
        p[:, model.classes_.astype(int)] = model.predict_proba(x.iloc[test])
        loss = float(-np.mean(np.log(np.maximum(1e-15, p[np.arange(len(test)), labels[test]]))))
    return {"seconds": seconds, "loss": loss}


answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the libraries print is not an answer
for line in sys.stdin:
    answers.write(json.dumps(fit(json.loads(line))) + "\n")
    answers.flush()
