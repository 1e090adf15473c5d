"""Makes one virtual environment per peer: python bench/automl/setup.py [peer …]. Peers that cannot be installed are named and left out."""

import json
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENVS = HERE.parent.parent / ".bench" / "automl" / "venvs"


def main(names):
    peers = json.loads((HERE / "peers.json").read_text(encoding="utf-8"))
    failed = []
    for name, peer in peers.items():
        if "venv" in peer or (names and name not in names):
            continue
        place = VENVS / name
        if not (place / "bin" / "python").exists():
            venv.create(place, with_pip=True)
        command = [place / "bin" / "python", "-m", "pip", "install", "--quiet", *peer["requirements"]]
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
            continue
        frozen = subprocess.run(
            [place / "bin" / "python", "-m", "pip", "freeze"], check=True, capture_output=True, text=True
        ).stdout
        (place / "frozen.txt").write_text(frozen, encoding="utf-8")
        print(f"{name}: {len(frozen.splitlines())} packages")
    if failed:
        sys.exit(f"could not be installed: {', '.join(failed)}")


main(sys.argv[1:])
