"""The files of a run that need no account: configuration, metrics, checkpoints and a summary."""

import contextlib
import functools
import json
import math
import os
import platform
import secrets
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from vae_exp import __version__
from vae_exp.storage import checkpoint, strict_json
from vae_exp.storage.atomic_write import atomic_write, remove_unfinished
from vae_exp.storage.own_file import MOST_SUMMARY, check_own_files, read_text
from vae_exp.storage.plain_yaml import dump_yaml


class RunFolder:
    """``metrics.jsonl``, ``summary.json``, ``checkpoints/``, ``plots/``, ``.hydra/`` under a path.

    It belongs to one process at a time, until that ends however it may. ``id`` is the run's own
    for W&B, ``count`` how many records it has; ``was_evaluated`` is whether the run had come to its
    end once, with numbers of the test set, before it was opened again to go on.

    Raises:
        ValueError: another process is using the folder, or something in it leads out of it.
    """

    def __init__(self, path: Path):
        self.path = path
        self.checkpoints, self.plots = path / "checkpoints", path / "plots"
        self.last, self.best = self.checkpoints / "last.pt", self.checkpoints / "best.pt"
        self.metrics, self.summary = path / "metrics.jsonl", path / "summary.json"
        self.id, self.count, self.was_evaluated = secrets.token_hex(4), 0, False
        self._best_epoch = 0
        self._before: dict[str, Any] | None = None  # what summary.json said of an earlier end
        path.mkdir(parents=True, exist_ok=True)
        check_own_files(path)
        self._lock = FileLock(path / ".lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise ValueError(
                f"hydra.run.dir: expected a folder of its own, got {path}, which another process "
                "is using"
            ) from error
        for folder in (path, path / ".hydra", self.checkpoints, self.plots):
            remove_unfinished(folder)  # a model at each kill would fill the disk

    def create(self, configuration: dict[str, Any], again: bool) -> None:
        """Start a new run, whose configuration goes to ``.hydra/<name>.yaml``.

        Args:
            again: whether a run that was stopped before its first checkpoint, and so has no
                records, may be started again.

        Raises:
            ValueError: the folder has a run already, which would be overwritten.
        """
        if self.metrics.exists() and (not again or self.metrics.stat().st_size):
            way = "but no checkpoint to go on from" if again else "resume=auto goes on with them"
            raise ValueError(
                f"hydra.run.dir: expected a folder without results, got {self.path}, which has "
                f"some; {way}"
            )
        self._write_configuration(configuration)
        self._file = self.metrics.open("w")

    def reopen(self, configuration: dict[str, Any], state: dict[str, Any]) -> None:
        """Open a run again where a checkpoint was written; what came after it is run again.

        Raises:
            ValueError: metrics.jsonl does not read, or is shorter than the checkpoint knows it.
            OSError: there is no room; as long as summary.json is not written nothing changes.
        """
        expected = state["metrics_size"]
        lines = self.metrics.read_bytes() if self.metrics.exists() else b""
        if len(lines) < expected:
            raise ValueError(
                f"{self.metrics}: expected the {expected} bytes that were there at the checkpoint, "
                f"got {len(lines)}"
            )
        for number, line in enumerate(lines[:expected].splitlines(), start=1):
            try:
                json.loads(line)
            except ValueError as error:
                raise ValueError(
                    f"{self.metrics}: expected JSON in line {number} ({error})"
                ) from error
        # from here on the folder changes, and has to say first that the run has not ended
        if self.summary.exists():
            self._before = self._earlier_end()
            self.write_summary({"status": "unfinished"})
        self.id, self.count, self._best_epoch = state["id"], number if expected else 0, 0
        self.was_evaluated = b'"test/' in lines[expected:]
        self._write_configuration(configuration)
        os.truncate(self.metrics, expected)
        self._file = self.metrics.open("a")

    def _earlier_end(self) -> dict[str, Any] | None:
        """The summary of the last time that the run had finished, if it ever had."""
        try:
            summary = json.loads(read_text(self.path, self.summary, MOST_SUMMARY))
        except (OSError, ValueError, RecursionError):
            return None  # it told nothing
        if not isinstance(summary, dict):
            return None
        return summary if summary.get("status") == "finished" else summary.get("before")

    def _write_configuration(self, configuration: dict[str, Any]) -> None:
        for folder in (self.checkpoints, self.plots, self.path / ".hydra"):
            folder.mkdir(exist_ok=True)
        for name, config in configuration.items():
            with atomic_write(self.path / ".hydra" / f"{name}.yaml") as file:
                file.write_text(dump_yaml(config), "utf-8")

    def log(self, record: dict[str, float]) -> int:
        """Append a line to metrics.jsonl, handed to the system when this returns: its number.

        Raises:
            OSError: there is no room, or no folder any more.
        """
        if not self.metrics.exists():  # a file without a name would take all that is written
            raise FileNotFoundError(
                f"{self.metrics} is gone: the run's folder was removed or renamed"
            )
        self._file.write(strict_json.dumps(record) + "\n")
        self._file.flush()
        self.count += 1
        return self.count - 1

    def records(self) -> list[dict[str, float]]:
        """What was logged so far; null, which JSON has for what is not finite, is nan."""
        lines = [json.loads(line) for line in self.metrics.read_text().splitlines()]
        return [{k: math.nan if v is None else v for k, v in line.items()} for line in lines]

    def save(self, state: dict[str, Any]) -> None:
        """Write a checkpoint: ``last.pt``, of everything, and ``best.pt`` if there is a better.

        Args:
            state: of the experiment, its configuration, and what a datum is.
        """
        os.fsync(self._file.fileno())
        own = {"id": self.id, "metrics_size": self._file.tell()}
        checkpoint.save_keeping_previous(self.last, {**state, **own})
        training = state["training"]
        if training["best_epoch"] != self._best_epoch:
            of_the_data = {key: state[key] for key in ("x_shape", "observation")}
            best = {"vae": training["best_weights"], **of_the_data}
            checkpoint.save(self.best, best)
            self._best_epoch = training["best_epoch"]

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write summary.json, with the versions that made it, in one move.

        Until a run that goes on beyond its end finishes again, the numbers of that end are there
        under ``before``: they are the run's no longer, but may be all that there is.
        """
        whole = {**summary, **provenance()}
        if summary["status"] != "finished" and self._before is not None:
            whole["before"] = self._before
        with atomic_write(self.summary) as file:
            file.write_text(strict_json.dumps(whole, indent=2) + "\n")

    def close(self) -> None:
        """Close the files, and leave the folder to others."""
        with contextlib.suppress(OSError):  # what could not be written was told before
            self._file.close()
        self._lock.release()


@functools.cache
def provenance() -> dict[str, Any]:
    """The versions of what computed a result, and the commit of a checkout, when first asked."""
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
