"""Boosted trees of other libraries at their defaults. Reads one JSON request per line, answers with one JSON object per line.

request: {peer, x, y, train, test, features, categories, task, classes, seed, answer}: x is row-major float32 with -1 for a missing
category, y float64, train and test int32 row numbers; the predictions go to the file `answer` as float64.
"""

import json
import sys
import time

import numpy as np


def frame(request):
    import pandas

    x = np.fromfile(request["x"], dtype=np.float32).reshape(-1, request["features"])
    columns = {}
    for j in range(x.shape[1]):
        if j in request["categories"]:
            columns[j] = pandas.Categorical(x[:, j].astype(int))
        else:
            columns[j] = x[:, j]
    return pandas.DataFrame(columns)


def lightgbm_fit(request, x, y):
    import lightgbm

    kind = lightgbm.LGBMRegressor if request["task"] == "regression" else lightgbm.LGBMClassifier
    return kind(n_jobs=1, verbose=-1, random_state=request["seed"]).fit(x, y)


def xgboost_fit(request, x, y):
    import xgboost

    kind = xgboost.XGBRegressor if request["task"] == "regression" else xgboost.XGBClassifier
    return kind(n_jobs=1, enable_categorical=True, random_state=request["seed"]).fit(x, y)


def catboost_fit(request, x, y):
    import catboost

    options = {"thread_count": 1, "verbose": False, "allow_writing_files": False, "random_seed": request["seed"]}
    categories = request["categories"]
    if request["task"] == "regression":
        return catboost.CatBoostRegressor(cat_features=categories, **options).fit(x, y)
    loss = "MultiClass" if request["task"] == "multiclass" else "Logloss"
    return catboost.CatBoostClassifier(cat_features=categories, loss_function=loss, **options).fit(x, y)


FITS = {"lightgbm": lightgbm_fit, "xgboost": xgboost_fit, "catboost": catboost_fit}

for line in sys.stdin:
    request = json.loads(line)
    x = frame(request)
    y = np.fromfile(request["y"], dtype=np.float64)
    train = np.fromfile(request["train"], dtype=np.int32)
    test = np.fromfile(request["test"], dtype=np.int32)
    start = time.perf_counter()
    target = y[train] if request["task"] == "regression" else y[train].astype(int)
    model = FITS[request["peer"]](request, x.iloc[train], target)
    seconds = time.perf_counter() - start
    found = model.predict(x.iloc[test]) if request["task"] == "regression" else model.predict_proba(x.iloc[test])
    np.ascontiguousarray(found, dtype=np.float64).tofile(request["answer"])
    print(json.dumps({"seconds": seconds}), flush=True)
