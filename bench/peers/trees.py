"""Peers of the tree bench. Reads one JSON request per line, answers with one JSON object per line.

request: {peer, train: {x, y, rows}, test: {x, y, rows}, features, task, classes, params, threads}
"""
import json
import sys
import time

import numpy as np

clock = time.process_time
tables = {}


def table(part, features):
    key = part["x"]
    if key not in tables:
        x = np.fromfile(part["x"], dtype=np.float32).reshape(part["rows"], features)
        tables[key] = (x, np.fromfile(part["y"], dtype=np.float64))
    return tables[key]


def loss(task, predicted, y):
    if task == "regression":
        return float(np.mean((predicted - y) ** 2))
    if task == "binary":
        predicted = np.stack([1 - predicted, predicted], axis=1) if predicted.ndim == 1 else predicted
    picked = predicted[np.arange(len(y)), y.astype(int)]
    return float(-np.mean(np.log(np.maximum(picked, 1e-15))))


def lightgbm_run(request, x, y, xt):
    import lightgbm

    objective = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}[request["task"]]
    params = dict(request["params"], objective=objective, verbose=-1, num_threads=request["threads"])
    rounds = params.pop("rounds")
    if objective == "multiclass":
        params["num_class"] = request["classes"]
    data = lightgbm.Dataset(x, y, params=params)
    start = clock()
    data.construct()
    built = clock()
    model = lightgbm.train(params, data, rounds)
    done = clock()
    predicted = model.predict(xt, num_threads=request["threads"])
    return built - start, done - built, clock() - done, predicted


def xgboost_run(request, x, y, xt):
    import xgboost

    objective = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}
    params = dict(request["params"], objective=objective[request["task"]], tree_method="hist", nthread=request["threads"])
    rounds = params.pop("rounds")
    if request["task"] == "multiclass":
        params["num_class"] = request["classes"]
    start = clock()
    data = xgboost.QuantileDMatrix(x, y, nthread=request["threads"])
    built = clock()
    model = xgboost.train(params, data, rounds)
    done = clock()
    predicted = model.inplace_predict(xt)
    return built - start, done - built, clock() - done, predicted


def forest_run(request, x, y, xt):
    from sklearn import ensemble

    kind = "Regressor" if request["task"] == "regression" else "Classifier"
    model = getattr(ensemble, request["peer"].split(":")[1] + kind)(n_jobs=request["threads"], random_state=0, **request["params"])
    start = clock()
    model.fit(x, y)
    done = clock()
    predicted = model.predict(xt) if kind == "Regressor" else model.predict_proba(xt)
    return 0.0, done - start, clock() - done, predicted


RUNS = {"lightgbm": lightgbm_run, "xgboost": xgboost_run, "sklearn": forest_run}

for line in sys.stdin:
    request = json.loads(line)
    x, y = table(request["train"], request["features"])
    xt, yt = table(request["test"], request["features"])
    # Processor seconds of one thread: the clock on the wall measures the neighbours too.
    clock = time.perf_counter if request["threads"] > 1 else time.process_time
    binning, fit, predict, predicted = RUNS[request["peer"].split(":")[0]](request, x, y, xt)
    answer = {"binning": binning, "fit": fit, "predict": predict, "loss": loss(request["task"], predicted, yt)}
    print(json.dumps(answer), flush=True)
