"""The files of a run that need no account: metrics line by line, and a summary at the end."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vae_exp import __version__, strict_json
from vae_exp.trainer import Record
from vae_exp.whole_file import whole_file


class RunFolder:
    """``metrics.jsonl``, ``summary.json``, ``checkpoints/`` and ``plots/`` under one path.

    Raises:
        ValueError: the folder has a run already, which would be overwritten.
    """

    def __init__(self, path: Path):
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.plots = path / "plots"
        self.summary = path / "summary.json"
        self.metrics = path / "metrics.jsonl"
        path.mkdir(parents=True, exist_ok=True)
        try:  # two runs that start in the same second cannot both create it
            self._file = self.metrics.open("x")
        except FileExistsError:
            raise ValueError(
                f"hydra.run.dir: expected a folder without results, got {path}, which has some"
            ) from None

    def log(self, record: Record) -> None:
        """Append a line to metrics.jsonl, on disk when this returns."""
        self._file.write(strict_json.dumps(record) + "\n")
        self._file.flush()

    def records(self) -> list[Record]:
        """What was logged so far."""
        return [json.loads(line) for line in self.metrics.read_text().splitlines()]

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write summary.json, with the versions that made it, in one move."""
        with whole_file(self.summary) as file:
            file.write_text(strict_json.dumps({**summary, **provenance()}, indent=2) + "\n")

    def close(self) -> None:
        self._file.close()


def provenance() -> dict[str, Any]:
    """The versions of what computed a result, and the commit of a checkout."""
    packages = {p: version(p) for p in ("torch", "numpy", "hydra-core", "wandb")}
    return {
        "versions": {"python": platform.python_version(), "vae_exp": __version__, **packages},
        "git_commit": git_commit(),
    }


def git_commit() -> str | None:
    """The commit of the checkout that holds this code, with ``+`` for uncommitted changes."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        tracked = subprocess.run(
            ["git", "-C", str(here), "ls-files", "--error-unmatch", __file__], capture_output=True
        )
        if tracked.returncode:  # installed inside some other project's checkout
            return None
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() or None
    except OSError:  # no git here
        return None
