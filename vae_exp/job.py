"""One run, from its configuration to its summary."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from omegaconf import DictConfig

from vae_exp import parallel, plots, resume
from vae_exp.experiment import Experiment, build
from vae_exp.failure import one_line
from vae_exp.instantiate import instantiate
from vae_exp.interruption import Interruption
from vae_exp.progress import Progress
from vae_exp.run_folder import RunFolder
from vae_exp.tracking import Tracker
from vae_exp.trainer import Record

log = logging.getLogger(__name__)


class Job:
    """A run that is ready to train: its parts, its folder, and its W&B run.

    Everything that can go wrong before training goes wrong here.

    Args:
        path: the run's folder.
        identity: ``name``, ``group``, ``job_type`` and ``tags`` of the W&B run, see ``Tracker``.
        configuration: what to keep in the folder's ``.hydra``, by name.

    Raises:
        ValueError: a user's mistake, in one line that names the key.
    """

    def __init__(
        self,
        cfg: DictConfig,
        path: Path,
        identity: dict[str, Any],
        configuration: dict[str, Any],
    ):
        self.counted = perf_counter()
        self.config = resume.plain(cfg)
        self.tracker: Tracker = instantiate(cfg.wandb, identity=identity)
        self.experiment: Experiment = build(cfg)
        self.folder = RunFolder(path)
        state = resume.find_state(cfg, self.folder.last)
        parallel.tell(state)
        if state is None:
            self.folder.begin(configuration, again=resume.wanted(cfg))
            self.save()
        else:
            resume.check_length(self.experiment.trainer, state)
            self.experiment.load_state_dict(state)
            self.folder.go_on(configuration, state)

    def execute(self, enough: Callable[[Record], bool] = lambda record: False) -> dict[str, Any]:
        """Train, evaluate, draw, and write it all down; returns the summary.

        Args:
            enough: asked after each validation record; true ends the training there.

        Whatever stops it, summary.json says so, and what was written stays.
        """
        experiment, folder, tracker = self.experiment, self.folder, self.tracker
        vae, data, state = experiment.vae, experiment.data, experiment.state
        parameters = sum(p.numel() for p in vae.parameters())
        summary: dict[str, Any] = {
            "status": "failed",
            "parameters": parameters,
            "device": str(data.device),
            "threads": torch.get_num_threads(),
            "processes": parallel.size(),
            "data/binarize": data.binarize,
            "likelihood": "probability mass" if vae.decoder.support.is_discrete else "density",
        }
        for record in folder.records():
            summary |= record
        log.info(
            f"{parameters:,} parameters, {data.size('train'):,} training data of shape "
            f"{'×'.join(map(str, data.shape))}, on {data.device}"
        )
        if state.step:
            log.info(f"going on after step {state.step}, in epoch {state.epoch}")
        with Interruption() as interruption:
            try:
                tracker.start(self.config, folder.id, folder.records())
                for record in self.train(interruption, enough):
                    summary |= record
                self.save()
                interruption.from_now_at_once()
                summary["train/samples_per_second"] = state.samples / state.train_seconds
                if state.epoch - state.best_epoch >= experiment.trainer.patience:
                    log.info(
                        f"stopped after epoch {state.epoch}: no better validation ELBO since "
                        f"epoch {state.best_epoch} (trainer.patience)"
                    )
                experiment.choose_weights()
                with state.timed("evaluation"):
                    test = experiment.evaluate()
                named = {f"test/{name}": value for name, value in test.items()}
                scalars = {k: value for k, value in named.items() if not isinstance(value, list)}
                self.log({"step": state.step, "epoch": state.epoch, **scalars})
                self.show_pictures(experiment.plots.names)
                summary |= named | {"status": "finished"}
            except KeyboardInterrupt:
                summary["status"] = "preempted"
                raise
            except Exception as error:
                summary["error"] = one_line(error)
                raise
            finally:
                self.count_time()
                summary |= {f"time/{part}_seconds": spent for part, spent in state.seconds.items()}
                summary["time/train_seconds"] = state.train_seconds
                self.close(summary)
        return summary

    def train(
        self, interruption: Interruption, enough: Callable[[Record], bool] = lambda record: False
    ) -> Iterator[Record]:
        """Run the training loop, writing down and passing on its records."""
        trainer, data, state = self.experiment.trainer, self.experiment.data, self.experiment.state
        saved = perf_counter()
        with Progress(trainer.total_steps(data)) as progress:
            for record in self.experiment.train(stop=interruption.requested):
                with state.timed("logging"):
                    self.log(record)
                    progress.show(record)
                yield record
                if "val/elbo" in record:
                    self.show_pictures(self.experiment.plots.due(record["epoch"]))
                if perf_counter() - saved >= trainer.checkpoint_every:
                    self.save()
                    saved = perf_counter()
                if "val/elbo" in record and enough(record):
                    return

    def log(self, record: Record) -> None:
        """Write a record down, here and in W&B."""
        self.tracker.log(record, number=self.folder.log(record))

    def count_time(self) -> None:
        """Add what has passed to the total of this run, that of the processes before included."""
        seconds, now = self.experiment.state.seconds, perf_counter()
        seconds["total"] = seconds.get("total", 0.0) + now - self.counted
        self.counted = now

    def save(self) -> None:
        """Write a checkpoint, from which the run can go on as if it had never stopped."""
        own = {"config": self.config, "x_shape": self.experiment.data.shape}
        self.count_time()
        with self.experiment.state.timed("checkpoints"):
            self.folder.save({**self.experiment.state_dict(), **own})

    def show_pictures(self, names: list[str]) -> None:
        """Draw these into ``plots/`` and W&B; a picture that fails costs a warning, not the run."""
        experiment, state = self.experiment, self.experiment.state
        with state.timed("pictures"):
            try:
                pictures = experiment.plots.draw(
                    experiment.vae, experiment.data, self.folder.records, names
                )
            except Exception as error:
                log.warning(f"no pictures ({', '.join(names)}): {type(error).__name__}: {error}")
                return
            plots.save(pictures, self.folder.plots)
            self.tracker.log_pictures(pictures, state.step, number=self.folder.count - 1)

    def close(self, summary: dict[str, Any]) -> None:
        """Write the summary and close everything."""
        try:
            self.folder.write_summary(summary)
        except OSError:
            if summary["status"] == "finished":
                raise  # else the same disk has ended the run, and that is told
        finally:
            self.tracker.finish(summary)
            self.folder.close()
