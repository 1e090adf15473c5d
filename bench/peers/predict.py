"""scikit-learn and LightGBM beside the prediction bench. One JSON request per line, answered by one JSON object.

request: {task: "transform", rows, numbers: file of float64, numeric, codes: file of int32, categorical}, column after column
         {task: "forest", rows, features, x: file of float32 row-major, y: file of float64, predict: file of float32, predictRows, params}
"""
import json
import sys
import time

import numpy as np

tables = {}
models = {}


def frame(request):
    import pandas as pd

    key = request["numbers"]
    if key not in tables:
        rows = request["rows"]
        numbers = np.fromfile(request["numbers"]).reshape(request["numeric"], rows)
        codes = np.fromfile(request["codes"], dtype=np.int32).reshape(request["categorical"], rows)
        columns = {f"n{j}": numbers[j] for j in range(len(numbers))}
        for j, column in enumerate(codes):
            names = np.array([f"level {code}" for code in range(column.max() + 1)] + [None], dtype=object)
            columns[f"c{j}"] = names[column]
        tables[key] = pd.DataFrame(columns)
    return tables[key]


def transform(request):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    table = frame(request)
    numeric = [name for name in table if name.startswith("n")]
    categorical = [name for name in table if name.startswith("c")]
    encoder = OneHotEncoder(handle_unknown="ignore", max_categories=100, min_frequency=10, dtype=np.float32)
    start = time.perf_counter()
    pipeline = ColumnTransformer(
        [
            ("numeric", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
            ("categorical", encoder, categorical),
        ]
    )
    pipeline.fit_transform(table)
    fitted = time.perf_counter()
    pipeline.transform(table)
    return {"fit": fitted - start, "apply": time.perf_counter() - fitted}


def forest(request):
    import lightgbm

    key = request["x"]
    if key not in models:
        x = np.fromfile(request["x"], dtype=np.float32).reshape(request["rows"], request["features"])
        params = dict(request["params"], objective="binary", verbose=-1, num_threads=1)
        rounds = params.pop("rounds")
        models[key] = lightgbm.train(params, lightgbm.Dataset(x, np.fromfile(request["y"])), rounds)
    x = np.fromfile(request["predict"], dtype=np.float32).reshape(request["predictRows"], request["features"])
    start = time.perf_counter()
    models[key].predict(x, num_threads=1)
    return {"fit": 0, "apply": time.perf_counter() - start}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"transform": transform, "forest": forest}[request["task"]](request)), flush=True)
