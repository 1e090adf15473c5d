"""Predicts every row of a CSV file and prints the answers as CSV, in the order of the file.

    pip install -r requirements.txt
    python predict.py new.csv > predictions.csv
    python predict.py --no-header rows.csv > predictions.csv   # cells in the order of the columns at training

model.onnx is the whole pipeline: it takes the columns as they are. What is left to do here is to read the
cells as model.json says and to write what comes out (table.py does both), and to run the model.
"""

import json
import signal
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from table import InputError, csv_line, number_text, read_table

FOLDER = Path(__file__).resolve().parent
MODEL = json.loads((FOLDER / "model.json").read_text(encoding="utf-8"))
CLASSES = MODEL["task"]["classes"]  # empty when a number is predicted
LABEL_WEIGHTS = np.array((MODEL["task"].get("answer") or {}).get("labelWeights") or 1.0)
BATCH_ROWS = max(1, min(5000, 8_000_000 // max(1, len(MODEL["inputs"]))))
NO_DATE = -(2**63)


def main(path, has_header=True):
    columns = read_table(path, MODEL["table"]["columns"], () if has_header else layouts())
    header = ["predicted_label", "probability", *(f"probability_{label}" for label in CLASSES)]
    if has_header:
        sys.stdout.write(csv_line(header if CLASSES else ["prediction"]))
    for answer in predict(columns):
        if CLASSES:
            best = int(np.argmax(answer * LABEL_WEIGHTS))
            sys.stdout.write(csv_line([CLASSES[best], *map(number_text, [answer[best], *answer])]))
        else:
            sys.stdout.write(csv_line([number_text(answer)]))


def layouts():
    """Names that rows without any may have: those of the features, or of all columns at training but the target."""
    features = [column["name"] for column in MODEL["table"]["columns"] if column["use"] == "feature"]
    return [features, MODEL["given"]] if MODEL.get("given") else [features]


def predict(columns):
    """Yields the probabilities of the classes, or the predicted number, of one row after the other."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the same digits on every machine; raise it when speed matters more
    session = onnxruntime.InferenceSession(FOLDER / MODEL["onnx"]["file"], options, ["CPUExecutionProvider"])
    output = "probabilities" if CLASSES else "prediction"
    rows = len(next(iter(columns.values())))
    for start in range(0, rows, BATCH_ROWS):
        feeds = {
            item["input"]: tensor(columns[item["column"]][start : start + BATCH_ROWS], item["type"])
            for item in MODEL["inputs"]
        }
        yield from session.run([output], feeds)[0]


def tensor(values, kind):
    """One column of values, None where there is none, as the model takes it: an array of shape [rows, 1]."""
    if kind == "float":
        with np.errstate(over="ignore"):
            array = np.array([np.nan if value is None else value for value in values]).astype(np.float32)
    elif kind == "int64":
        array = np.array([NO_DATE if value is None else value for value in values], np.int64)
    else:
        array = np.array(["" if value is None else value.replace("\0", "\ufffd") for value in values], object)
    return array.reshape(-1, 1)


if __name__ == "__main__":
    files = [text for text in sys.argv[1:] if text != "--no-header"]
    if len(files) != 1:
        print("usage: python predict.py [--no-header] FILE.csv", file=sys.stderr)
        sys.exit(64)
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # predict.py … | head ends quietly
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        main(files[0], has_header="--no-header" not in sys.argv)
    except InputError as error:
        print(f"predict.py: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
