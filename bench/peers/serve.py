"""FastAPI on uvicorn with onnxruntime and the same model.onnx, as one would write it: python serve.py FOLDER PORT.

Takes one or more rows of numbers as CSV without a header and answers label, probability and the probability of each class.
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request, Response

folder = Path(sys.argv[1])
model = json.loads((folder / "model.json").read_text())
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession((folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"])
inputs = [item["input"] for item in model["inputs"]]
classes = model["task"]["classes"]
app = FastAPI()


@app.get("/ping")
async def ping():
    return Response()


@app.post("/invocations")
async def invocations(request: Request):
    text = (await request.body()).decode()
    rows = np.array([line.split(",") for line in text.splitlines()], dtype=np.float32)
    feeds = {name: rows[:, j : j + 1] for j, name in enumerate(inputs)}
    probabilities = session.run(["probabilities"], feeds)[0]
    lines = []
    for row in probabilities:
        best = int(row.argmax())
        lines.append(",".join([classes[best], repr(float(row[best])), *(repr(float(value)) for value in row)]))
    return Response("\n".join(lines) + "\n", media_type="text/csv")


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
