"""What the offline files of a run have, so that a run that goes on adds the rest."""

import json
import subprocess
import sys
from pathlib import Path


def count_offline_records(folder: Path, id: str) -> int:
    """How many records of a run its offline files have; each time it went on wrote one.

    A process that was killed may have left the last of its records out.
    """
    count = 0
    for path in folder.glob(f"offline-run-*-{id}"):
        command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(path)]
        for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
            if '"type":"history"' in line:
                count = max(count, json.loads(line)["history"]["step"]["num"] + 1)
    return count
