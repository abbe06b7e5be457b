"""One run, from its configuration to its summary."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from omegaconf import DictConfig

from vae_exp.cli.errors import one_line
from vae_exp.cli.progress import DataProgress, EvaluationProgress, TrainingProgress, duration
from vae_exp.cli.signals import SignalHandler
from vae_exp.configuration.instantiate import instantiate
from vae_exp.distributed.collectives import broadcast_object
from vae_exp.experiment import Experiment, build
from vae_exp.runs.resume import check_length, load_state, resolved, resume_requested
from vae_exp.runs.summary import of_the_model, of_the_time, select_weights
from vae_exp.runtime.threads import ThreadWatch, resume_threads
from vae_exp.storage.pictures import save_pictures
from vae_exp.storage.run_folder import RunFolder, provenance
from vae_exp.tracking import Tracker
from vae_exp.tracking.config_columns import config_columns
from vae_exp.training.trainer import Record

log = logging.getLogger(__name__)


class Job:
    """A run that is ready to train: its parts, its folder, and its W&B run.

    Everything that can go wrong before training goes wrong here.

    Args:
        path: the run's folder.
        run_metadata: what tells the run from others in W&B, see ``run_metadata``.
        configuration: what to keep in the folder's ``.hydra``, by name.

    Raises:
        ValueError: a user's mistake, in one line that names the key.
    """

    def __init__(
        self,
        cfg: DictConfig,
        path: Path,
        run_metadata: dict[str, Any],
        configuration: dict[str, Any],
    ):
        self.counted_until = perf_counter()
        self.recorded: set[str] = set()  # the names of what has been logged
        self.config = resolved(cfg)
        self.tracker: Tracker = instantiate(cfg.wandb, run_metadata=run_metadata)
        with DataProgress():
            self.experiment: Experiment = build(cfg)
        self.folder = RunFolder(path)
        state = load_state(cfg, self.folder.last, self.experiment)
        broadcast_object(state)
        if state is None:
            self.folder.create(configuration, again=resume_requested(cfg))
            self.save()
        else:
            check_length(self.experiment, state)
            self.experiment.load_state_dict(state)
            self.folder.reopen(configuration, state)
            if cfg.threads == "auto":
                resume_threads(state.get("threads"))

    def execute(
        self, should_stop: Callable[[Record], bool] = lambda record: False
    ) -> dict[str, Any]:
        """Train, evaluate, draw, and write it all down; returns the summary.

        Args:
            should_stop: asked after each validation record; true ends the training there.

        Whatever stops it, summary.json says so, and what was written stays.
        """
        experiment, folder, tracker = self.experiment, self.folder, self.tracker
        vae, data, state = experiment.vae, experiment.data, experiment.state
        summary: dict[str, Any] = {"status": "failed", **of_the_model(experiment)}
        for record in folder.records():
            summary |= record
            self.recorded |= record.keys()
        log.info(
            f"{summary['parameters']:,} parameters, {data.size('train'):,} training data of shape "
            f"{'×'.join(map(str, data.shape))}, on {data.device}"
        )
        if state.step:
            log.info(f"resuming after step {state.step}, in epoch {state.epoch}")
        with SignalHandler() as signals:
            try:
                self.start_tracker()
                if tracker.path is not None:
                    summary["wandb/run"] = tracker.path
                for record in self.train(signals, should_stop):
                    summary |= record
                self.save()
                signals.raise_immediately()
                summary["train/samples_per_second"] = state.samples / state.train_seconds
                trainer = experiment.trainer
                steps_per_epoch = trainer.steps_per_epoch(data)
                if trainer.early_stopping.out_of_patience(vae, state, steps_per_epoch):
                    log.info(
                        f"stopped after epoch {state.epoch}: no better val/{state.watched} since "
                        f"epoch {state.best_epoch} (trainer.patience)"
                    )
                spent = sum(v for part, v in state.seconds.items() if part != "total")
                log.info(f"trained in {duration(spent)}, best epoch {state.best_epoch}")
                summary |= select_weights(experiment, folder.records())
                with EvaluationProgress() as progress:
                    with state.timed("evaluation"):
                        each: dict[str, torch.Tensor] = {}
                        test = experiment.evaluate(progress=progress, take_each=each.update)
                    named = {f"test/{name}": value for name, value in test.items()}
                    scalars = {k: v for k, v in named.items() if not isinstance(v, list)}
                    self.log({"step": state.step, "epoch": state.epoch, **scalars})
                    progress("pictures", 0)
                    with state.timed("logging"):
                        place = (state.step, folder.count - 1)
                        tracker.log_results(vae, data, test, each, *place)
                    self.show_pictures(experiment.plots.names)
                summary |= named | {"status": "finished"}
            except KeyboardInterrupt:
                signals.only_remember()
                summary["status"] = "preempted"
                raise
            except Exception as error:
                summary["error"] = one_line(error)
                raise
            finally:
                self.count_time()
                summary |= of_the_time(state)
                self.close(summary)
        return summary

    def train(
        self, signals: SignalHandler, should_stop: Callable[[Record], bool] = lambda record: False
    ) -> Iterator[Record]:
        """Run the training loop, writing down and passing on its records."""
        trainer, data, state = self.experiment.trainer, self.experiment.data, self.experiment.state
        saved, warned, watch_threads = perf_counter(), False, ThreadWatch()
        with TrainingProgress(trainer.total_steps(data)) as progress:
            for record in self.experiment.train(stop=signals.received):
                with state.timed("logging"):
                    self.log(record)
                    progress.show(record)
                yield record
                if data.device.type == "cpu" and "train/samples_per_second" in record:
                    watch_threads(record["train/samples_per_second"])
                if "val/nonfinite" in record and not warned:
                    log.warning(
                        f"validation: {record['val/nonfinite']} of {data.size('validation')} data "
                        f"have no finite number in epoch {record['epoch']} (val/nonfinite); such "
                        "an epoch is never the best"
                    )
                    warned = True
                if "val/elbo" in record:
                    self.show_pictures(self.experiment.plots.due(record["epoch"]))
                    self.show_posterior(record["epoch"])
                if perf_counter() - saved >= trainer.checkpoint_every:
                    self.save()
                    saved = perf_counter()
                if "val/elbo" in record and should_stop(record):
                    return

    def log(self, record: Record) -> None:
        """Write a record down, here and in W&B."""
        self.recorded |= record.keys()
        self.tracker.log(record, number=self.folder.log(record))

    def start_tracker(self) -> None:
        """Open the W&B run, with what it shows from the beginning."""
        vae, data = self.experiment.vae, self.experiment.data
        device = str(data.device)
        columns = config_columns(self.config, self.tracker.options, device, provenance())
        warmup_steps = max(vae.objective.warmup_steps, vae.kl.warmup_steps)
        folder = self.folder
        self.tracker.start(
            columns,
            folder.id,
            folder.records(),
            folder.path,
            warmup_steps,
            folder.was_evaluated,
        )
        self.tracker.use_data(data)

    def count_time(self) -> None:
        """Add what has passed to the total of this run, that of the processes before included."""
        seconds, now = self.experiment.state.seconds, perf_counter()
        seconds["total"] = seconds.get("total", 0.0) + now - self.counted_until
        self.counted_until = now

    def save(self) -> None:
        """Write a checkpoint, from which the run can go on as if it had never stopped."""
        observation = self.experiment.data.observation
        own = {
            "config": self.config,
            "x_shape": observation.shape,
            "observation": observation.state(),
            "threads": torch.get_num_threads(),
        }
        self.count_time()
        with self.experiment.state.timed("checkpoints"):
            self.folder.save({**self.experiment.state_dict(), **own})

    def show_pictures(self, names: list[str]) -> None:
        """Draw these into ``plots/`` and W&B."""
        experiment, state = self.experiment, self.experiment.state
        with state.timed("pictures"):
            pictures = experiment.plots.draw(
                experiment.vae, experiment.data, self.folder.records, names
            )
            files = save_pictures(pictures, self.folder.plots)
            self.tracker.log_pictures(files, state.step, number=self.folder.count - 1)

    def show_posterior(self, epoch: int) -> None:
        """Have W&B draw q(z|x) of validation data, every so many epochs."""
        experiment, state = self.experiment, self.experiment.state
        at_once = experiment.evaluation.max_elements
        with state.timed("logging"):
            self.tracker.look_at_posterior(
                experiment.vae, experiment.data, at_once, epoch, state.step, self.folder.count - 1
            )

    def close(self, summary: dict[str, Any]) -> None:
        """Write the summary and close everything."""
        try:
            self.folder.write_summary(summary)
        except OSError:
            if summary["status"] == "finished":
                raise  # else the same disk has ended the run, and that is told
        finally:
            self.tracker.finish(summary, self.recorded, self.folder.path)
            self.folder.close()
