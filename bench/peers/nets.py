"""PyTorch beside the nets bench. Reads one JSON request per line, answers {"seconds", "loss"}.

request: {x: file of uint8 or float32, type, rows, inputs, target: file of int32, hidden, outputs, batch, steps, rate, decay}
"""
import json
import os
import sys
import time

import numpy as np
import torch

threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
torch.set_num_threads(threads)


def net(request):
    widths = [request["inputs"], *request["hidden"], request["outputs"]]
    layers = []
    for i in range(len(widths) - 1):
        layers.append(torch.nn.Linear(widths[i], widths[i + 1]))
        if i < len(widths) - 2:
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


def train(request):
    torch.manual_seed(1)
    x = np.fromfile(request["x"], dtype=request["type"]).reshape(request["rows"], request["inputs"])
    x = torch.from_numpy(x.astype(np.float32) / (255 if request["type"] == "uint8" else 1))
    y = torch.from_numpy(np.fromfile(request["target"], dtype=np.int32).astype(np.int64))
    start = time.perf_counter()
    model = net(request)
    optimizer = torch.optim.AdamW(model.parameters(), lr=request["rate"], weight_decay=request["decay"])
    loss_of = torch.nn.CrossEntropyLoss()
    done = 0
    while done < request["steps"]:
        order = torch.randperm(request["rows"])
        for i in range(request["rows"] // request["batch"]):
            rows = order[i * request["batch"] : (i + 1) * request["batch"]]
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            done += 1
            if done == request["steps"]:
                break
    seconds = time.perf_counter() - start
    with torch.no_grad():
        return {"seconds": seconds, "loss": float(loss_of(model(x[:2000]), y[:2000]))}


for line in sys.stdin:
    print(json.dumps(train(json.loads(line))), flush=True)
