"""vae_exp, the whole program: distributions, metrics, files and an offline W&B run as by default.

What is left out is what the others do not do: validation, pictures and checkpoints between epochs.
"""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.case import LEARNING_RATE, Case
from vae_exp.cli.signals import SignalHandler
from vae_exp.configuration.compose import compose
from vae_exp.runs.job import Job

OPTIONS = dict.fromkeys(("encoder", "decoder", "prior", "kl", "objective", "network", "data"))


def epochs(case: Case, file: Path, *overrides: str) -> Iterator[float | None]:
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        cfg = compose(
            *("decoder=bernoulli", *case.overrides, f"z_dim={case.z_dim}"),
            *("data._target_=bench.saved_bits.SavedBits", f"+data.file={file}"),
            *("~data.validation_size", "~data.test_size", "~data.levels", "~data.dequantize"),
            "data.binarize=none",
            *(f"trainer.batch_size={case.batch_size}", f"optimizer.lr={LEARNING_RATE}"),
            *("trainer.checkpoint_every=1e9", "plots.every=null"),
            *("wandb.mode=offline", f"wandb.dir={folder}", *overrides),
        )
        metadata = {
            "name": "bench",
            "group": None,
            "job_type": None,
            "tags": [],
            "options": OPTIONS,
        }
        job = Job(cfg, Path(folder) / "run", metadata, {"config": cfg})
        job.start_tracker()
        records = job.train(SignalHandler())
        steps = job.experiment.trainer.total_steps(job.experiment.data) // cfg.trainer.epochs
        while True:
            yield None
            total, before = 0.0, job.experiment.state.samples
            for record in records:
                total -= record["train/elbo"] * (record["samples"] - before)
                before = record["samples"]
                if record["step"] % steps == 0:
                    break
            yield total / job.experiment.data.size("train")
            assert "val/elbo" in next(records)
