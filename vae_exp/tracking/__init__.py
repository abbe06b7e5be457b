"""Weights & Biases, which may fail or be absent without any harm to a run."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vae_exp.tracking.alerts import Alert, Alerts
from vae_exp.tracking.bounded_finish import finish_within
from vae_exp.tracking.charts import list_charts, rate_distortion, scalars
from vae_exp.tracking.console_log import ConsoleLog
from vae_exp.tracking.first_line import first_line
from vae_exp.tracking.leave_out import leave_out
from vae_exp.tracking.model_artifact import Which, log_model
from vae_exp.tracking.offline_records import count_offline_records
from vae_exp.tracking.opening import open_run
from vae_exp.tracking.posterior_schedule import PosteriorSchedule, shown

if TYPE_CHECKING:
    from torch import Tensor

    from vae_exp.data import Data
    from vae_exp.vae import VAE

log = logging.getLogger(__name__)

LOG_FILE = "run.log"  # Hydra's, in the run's folder
TIMES = {"time/train_seconds"}  # goes on after the last record


class Tracker:
    """One W&B run. What goes wrong in it is a warning, once, and the training goes on.

    Args:
        mode: ``auto`` is online where credentials are configured and the server answers, else
            offline; WANDB_MODE decides where it is set.
        project, entity, group, job_type, name, tags, notes: as in ``wandb.init``.
        dir: the files of the run go to ``<dir>/wandb``.
        model: what of the trained model becomes an artifact, see ``log_model``.
        alerts: whether W&B tells the owner of what went wrong, see ``Alerts``.
        histograms: epochs between two looks at the posterior, or none.
        run_metadata: ``name``, ``group``, ``job_type`` and ``tags`` that the program gives the
            run: the tags besides those of the configuration, the others where it has none; and
            ``options``, the chosen ones.

    Raises:
        ValueError: ``histograms`` is not positive.
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
        model: Which,
        alerts: bool,
        histograms: int | None,
        run_metadata: dict[str, Any],
    ):
        self.mode = mode
        self.dir = Path(dir)
        self.model = model
        self.may_alert = alerts
        self.posterior = PosteriorSchedule(histograms)
        self.options = run_metadata["options"]
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
        self.logged = self.shift = 0  # records that W&B has, and those that are none of the run's
        self.console: ConsoleLog | None = None
        self.alerts = Alerts(0)

    @property
    def path(self) -> str | None:
        """``entity/project/id`` of a run that is online."""
        return None if self.run is None or self.run.offline else self.run.path

    def start(
        self,
        config: dict[str, Any],
        id: str,
        records: list[dict[str, float]],
        folder: Path,
        warmup_steps: int,
        was_evaluated: bool,
    ) -> None:
        """Open the run; offline if the server cannot be had.

        Args:
            config: what W&B shows of the configuration, see ``config_columns``.
            id: the run's own, the same whenever it goes on.
            records: what it has logged before; those that W&B lacks are added.
            folder: the run's.
            warmup_steps: see ``Alerts``.
            was_evaluated: whether the run has ended before, so that W&B has numbers of its test set
                beyond the records: what comes follows them.
        """
        self.init_arguments["id"] = id
        self.alerts = Alerts(warmup_steps)
        with self._errors_as_warning():
            self.run = open_run(self.mode, self.dir, config, bool(records), **self.init_arguments)
            if self.run is not None:
                self.console = ConsoleLog(self.run, None if records else folder / LOG_FILE)
            if self.run is not None and records:
                self.logged = max(
                    self.run.starting_step, count_offline_records(self.dir / "wandb", id)
                )
        for number, record in enumerate(records):
            self.log(record, number)
        if was_evaluated:
            self.shift = max(0, self.logged - len(records))

    def use_data(self, data: "Data") -> None:
        """Say which data the run uses, by their checksums."""
        if self.run is not None:
            with self._errors_as_warning():
                from vae_exp.tracking.data_artifact import data_artifact

                artifact = data_artifact(data, self.options["data"] or "data")
                # use_artifact would wait for the server, and has none of an offline run
                self.run._log_artifact(artifact, is_user_created=True, use_after_commit=True)

    def log(self, record: dict[str, float], number: int) -> None:
        """Add a record of metrics, which has its ``step``, unless W&B has one of that number."""
        if self._lacks(number):
            with self._errors_as_warning():
                self.run.log(record, step=number + self.shift)
            self._alert(self.alerts.of_record(record))

    def log_pictures(self, pictures: dict[str, Path], step: int, number: int) -> None:
        """Add pictures, which W&B copies as they are, to the record of that number."""
        if self._lacks(number) and pictures:
            with self._errors_as_warning():
                import wandb

                images = {f"pictures/{name}": wandb.Image(file) for name, file in pictures.items()}
                self.run.log({"step": step, **images}, step=number + self.shift)

    def look_at_posterior(
        self, vae: "VAE", data: "Data", max_elements: int, epoch: int, step: int, number: int
    ) -> None:
        """Where it is due, add histograms of the posterior to the record of that number."""
        if not self._lacks(number):
            return
        found = self.posterior.look(vae, data, max_elements, epoch)
        if found is not None:
            with self._errors_as_warning():
                self.run.log({"step": step, **shown(found)}, step=number + self.shift)
            self._alert(self.alerts.of_posterior(found, step))

    def log_results(
        self,
        vae: "VAE",
        data: "Data",
        numbers: dict[str, Any],
        each: "dict[str, Tensor]",
        step: int,
        number: int,
    ) -> None:
        """Add tables and charts of the test set to the record of that number.

        Args:
            numbers, each: of the whole set and of each datum, see ``Evaluation``.
        """
        if not self._lacks(number):
            return
        from vae_exp.tracking.data_table import data_table

        results = {}
        with leave_out("charts"):
            results |= list_charts(numbers)
            results |= rate_distortion(numbers, self.init_arguments["name"])
        with leave_out("table of test data"):
            results["test_data"] = data_table(vae, data, each)
        with self._errors_as_warning():
            self.run.log({"step": step, **results}, step=number + self.shift)

    def finish(self, summary: dict[str, Any], records: set[str], folder: Path) -> None:
        """Close the run with its final metrics, waiting for uploads as ``finish_within`` does.

        Args:
            summary: of the run.
            records: the metrics that its records have had, which W&B has summed up itself.
            folder: the run's.
        """
        if self.run is not None:
            self._alert(self.alerts.of_end(summary))
            with self._errors_as_warning():
                if summary["status"] == "finished":
                    told = log_model(self.run, folder, self.model, self.run.offline, summary)
                    if told:
                        log.info(f"W&B artifact {told}")
                # a run that W&B's agent stops was stopped for good, and would be queued again
                if summary["status"] == "preempted" and "WANDB_SWEEP_ID" not in os.environ:
                    self.run.mark_preempting()
                own = {k: v for k, v in scalars(summary).items() if k not in records - TIMES}
                self.run.summary.update(own)
                if (folder / LOG_FILE).exists():  # copied, for of a link there would be a warning
                    copy = shutil.copy(folder / LOG_FILE, self.run.dir)
                    self.run.save(copy, base_path=self.run.dir, policy="now")
                finish_within(self.run, int(summary["status"] != "finished"))
        self._drop()

    def _lacks(self, number: int) -> bool:
        return self.run is not None and number + self.shift >= self.logged

    def _alert(self, alerts: list[Alert]) -> None:
        for title, text in alerts if self.may_alert and self.run is not None else ():
            with self._errors_as_warning():
                self.run.alert(title=title, text=text, level="WARN")

    def _drop(self) -> None:
        if self.console is not None:
            self.console.close()
        self.run = self.console = None

    @contextmanager
    def _errors_as_warning(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._drop()
            log.warning(f"W&B stopped, the run goes on without it: {first_line(error)}")
