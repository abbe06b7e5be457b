"""One run, from its configuration to its summary."""

import logging
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vae_exp import checkpoint, plots
from vae_exp.experiment import Experiment, build
from vae_exp.instantiate import instantiate
from vae_exp.progress import Progress
from vae_exp.report import print_report
from vae_exp.run_folder import RunFolder
from vae_exp.tracking import Tracker
from vae_exp.trainer import Record

log = logging.getLogger(__name__)


def prepare(
    cfg: DictConfig, path: Path, identity: dict[str, Any]
) -> tuple[Experiment, Tracker, RunFolder]:
    """Everything that can go wrong before training: the parts, the data, the folder.

    Args:
        identity: ``name``, ``group`` and ``tags`` of the W&B run, where cfg.wandb has none.

    Raises:
        ValueError: a user's mistake, in one line that names the key.
    """
    tracker = instantiate(cfg.wandb, identity=identity)
    return build(cfg), tracker, RunFolder(path)


def execute(cfg: DictConfig, experiment: Experiment, tracker: Tracker, folder: RunFolder) -> float:
    """Train, evaluate, draw, and write it all down; returns the best validation ELBO.

    Whatever stops it, summary.json says so, and what was written stays.
    """
    started = perf_counter()
    vae, data = experiment.vae, experiment.data
    parameters = sum(p.numel() for p in vae.parameters())
    summary: dict[str, Any] = {
        "status": "failed",
        "parameters": parameters,
        "device": str(data.device),
        "data/binarize": data.binarize,
        "likelihood": "probability mass" if vae.decoder.support.is_discrete else "density",
    }
    log.info(
        f"{parameters:,} parameters, {data.size('train'):,} training data of shape "
        f"{'×'.join(map(str, data.shape))}, on {data.device}"
    )
    tracker.start(OmegaConf.to_container(cfg, resolve=True))
    try:
        for record in train(experiment, tracker, folder):
            summary |= record
        summary["train/samples_per_second"] = summary["samples"] / summary["time/train_seconds"]
        if summary["step"] < experiment.trainer.total_steps(data):
            log.info(
                f"stopped after epoch {summary['epoch']}: no better validation ELBO since epoch "
                f"{summary['val/best_epoch']} (trainer.patience)"
            )
        if experiment.evaluation.weights == "best":
            checkpoint.restore(vae, checkpoint.read(folder.checkpoints / "best.pt"))
        test = experiment.evaluate()
        named = {f"test/{name}": value for name, value in test.items()}
        scalars = {name: value for name, value in named.items() if not isinstance(value, list)}
        folder.log({"step": summary["step"], "epoch": summary["epoch"], **scalars})
        show_pictures(experiment, tracker, folder, experiment.plots.names, summary["step"])
        summary |= named | {"status": "finished"}
    except KeyboardInterrupt:
        summary["status"] = "preempted"
        raise
    finally:
        summary["time/total_seconds"] = perf_counter() - started
        folder.write_summary(summary)
        tracker.finish(summary, exit_code=int(summary["status"] != "finished"))
        folder.close()
    print_report(test)
    log.info(f"results in {folder.path}")
    return summary["val/best_elbo"]


def train(experiment: Experiment, tracker: Tracker, folder: RunFolder) -> Iterator[Record]:
    """Run the training loop, writing down and passing on its records."""
    vae, data = experiment.vae, experiment.data
    with Progress(experiment.trainer.total_steps(data)) as progress:
        for record in experiment.train():
            folder.log(record)
            tracker.log(record)
            progress.show(record)
            yield record
            if "val/elbo" not in record:
                continue
            checkpoint.save(folder.checkpoints / "last.pt", vae, data.shape, record)
            if record["val/elbo"] == record["val/best_elbo"]:
                checkpoint.save(folder.checkpoints / "best.pt", vae, data.shape, record)
            due = experiment.plots.due(record["epoch"])
            show_pictures(experiment, tracker, folder, due, record["step"])


def show_pictures(
    experiment: Experiment, tracker: Tracker, folder: RunFolder, names: list[str], step: int
) -> None:
    """Draw these into ``plots/`` and W&B; a picture that fails costs a warning, not the run."""
    try:
        pictures = experiment.plots.draw(experiment.vae, experiment.data, folder.records, names)
    except Exception as error:
        log.warning(f"no pictures ({', '.join(names)}): {type(error).__name__}: {error}")
        return
    plots.save(pictures, folder.plots)
    tracker.log_pictures(pictures, step)
