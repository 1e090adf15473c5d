"""Executes a notebook from top to bottom without a screen, as Jupyter would, and prints what its cells gave as JSON.

    python execute.py NOTEBOOK [SECONDS]

Exits with 1 when a cell fails. The file is valid nbformat before and after; it is not changed.
"""
import json
import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

path = pathlib.Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
nbformat.validate(notebook)
failure = None
client = NotebookClient(
    notebook,
    timeout=int(sys.argv[2]) if len(sys.argv) > 2 else 300,
    kernel_name=notebook.metadata.kernelspec.name,
    resources={"metadata": {"path": str(path.parent)}},
)
try:
    client.execute()
except CellExecutionError as error:
    failure = str(error)
nbformat.validate(notebook)


def told(output):
    if output.output_type == "stream":
        return {"stream": output.name, "text": output.text}
    if output.output_type == "error":
        return {"error": output.ename, "text": output.evalue}
    return {"data": sorted(output.get("data", {})), "text": str(output.get("data", {}).get("text/plain", ""))}


cells = [
    {"id": cell.id, "outputs": [told(output) for output in cell.outputs]}
    for cell in notebook.cells
    if cell.cell_type == "code"
]
print(json.dumps({"failure": failure, "cells": cells}))
sys.exit(1 if failure else 0)
