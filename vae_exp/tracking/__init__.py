"""Weights & Biases, which may fail or be absent without any harm to a run."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vae_exp.tracking.connection import has_credentials, wait_for_server

if TYPE_CHECKING:
    import numpy

log = logging.getLogger(__name__)

# seconds; to what is left of START_TIMEOUT after the probe, a wandb.init that fails adds about ten
# of its own, and all of it must stay under fifteen
START_TIMEOUT = 4
FINISH_TIMEOUT = 15

MODES = ("online", "offline", "disabled")


class Tracker:
    """One W&B run. What goes wrong in it is a warning, once, and the training goes on.

    Args:
        mode: ``auto`` is online where credentials are configured and the server answers, else
            offline; WANDB_MODE decides where it is set.
        project, entity, group, job_type, name, tags, notes: as in ``wandb.init``.
        dir: the files of the run go to ``<dir>/wandb``.
        run_metadata: ``name``, ``group``, ``job_type`` and ``tags`` that the program gives the
            run: the tags besides those of the configuration, the others where it has none.
    """

    def __init__(
        self,
        mode: Literal["auto", "online", "offline", "disabled"],
        project: str,
        entity: str | None,
        dir: str,
        group: str | None,
        job_type: str | None,
        name: str | None,
        tags: list[str],
        notes: str | None,
        run_metadata: dict[str, Any],
    ):
        self.mode = mode
        self.dir = Path(dir)
        self.init_arguments = {
            "project": project,
            "entity": entity,
            "group": group or run_metadata["group"],
            "job_type": job_type or run_metadata["job_type"],
            "name": name or run_metadata["name"],
            "tags": [*run_metadata["tags"], *tags],
            "notes": notes,
        }
        self.run = None
        self.logged = 0

    def start(self, config: dict[str, Any], id: str, records: list[dict[str, float]]) -> None:
        """Open the run; offline if the server cannot be had.

        Args:
            config: the resolved configuration.
            id: the run's own, the same whenever it goes on.
            records: what it has logged before; those that W&B lacks are added.
        """
        self.init_arguments["id"] = id
        # W&B's reports about its own errors: a server that hangs would hold up the exit for 10 s
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        mode = self.mode
        if mode == "auto" and os.environ.get("WANDB_MODE") in MODES:
            mode = os.environ["WANDB_MODE"]
        if mode in ("auto", "online"):
            try:
                mode = self._try_online(mode, config, going_on=bool(records))
            except Exception as error:  # whatever it is, it must not stop the run
                log.warning(
                    f"W&B goes offline for this run, `wandb sync` uploads it later: {_line(error)}"
                )
                mode = "offline"
        if mode == "offline":
            with self._errors_as_warning():
                self._open("offline", config, {})
        if self.run is not None and records:
            with self._errors_as_warning():
                self.logged = max(
                    self.run.starting_step, count_offline_records(self.dir / "wandb", id)
                )
            for number, record in enumerate(records):
                self.log(record, number)

    def log(self, record: dict[str, float], number: int) -> None:
        """Add a record of metrics, which has its ``step``, unless W&B has one of that number."""
        if self.run is not None and number >= self.logged:
            with self._errors_as_warning():
                self.run.log(record, step=number)

    def log_pictures(self, pictures: "dict[str, numpy.ndarray]", step: int, number: int) -> None:
        """Add pictures, uint8 arrays of (height, width, channels), to the record of that number."""
        if self.run is not None and number >= self.logged and pictures:
            with self._errors_as_warning():
                import wandb

                images = {f"pictures/{name}": wandb.Image(p) for name, p in pictures.items()}
                self.run.log({"step": step, **images}, step=number)

    def finish(self, summary: dict[str, Any]) -> None:
        """Close the run with its final metrics, waiting at most ``FINISH_TIMEOUT`` for uploads."""
        if self.run is not None:
            with self._errors_as_warning():
                if summary["status"] == "preempted":
                    self.run.mark_preempting()
                self.run.summary.update(summary)
                self.run.finish(exit_code=int(summary["status"] != "finished"))
        self.run = None

    def _try_online(self, mode: str, config: dict[str, Any], going_on: bool) -> str:
        if not has_credentials():
            if mode == "online":
                raise ValueError("no API key; `wandb login` stores one")
            return "offline"
        started = time.monotonic()
        wait_for_server(START_TIMEOUT)
        left = START_TIMEOUT - (time.monotonic() - started)
        known = {"resume": "allow"} if going_on else {}
        self._open("online", config, known, init_timeout=max(1.0, left))
        return "online"

    def _open(
        self, mode: str, config: dict[str, Any], known: dict[str, str], **settings: float
    ) -> None:
        import wandb

        self.dir.mkdir(parents=True, exist_ok=True)
        settings = wandb.Settings(
            finish_timeout=FINISH_TIMEOUT, silent=True, console="off", **settings
        )
        self.run = wandb.init(
            mode=mode,
            dir=self.dir,
            config=config,
            settings=settings,
            **self.init_arguments,
            **known,
        )
        self.run.define_metric("*", step_metric="step")
        place = self.run.url if mode == "online" else f"offline in {self.dir / 'wandb'}"
        log.info(f"W&B run {self.run.name}: {place}")

    @contextmanager
    def _errors_as_warning(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            log.warning(f"W&B stopped, the run goes on without it: {_line(error)}")
            self.run = None


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


def _line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
