"""What checkpoints cost of the training time at the default interval.

    python bench/checkpoint.py

Times ``Job.save`` (serialising, checksums, flushing to the disk, renaming) in the middle of a
training and divides by ``trainer.checkpoint_every``. Images of 28×28 random bits stand for MNIST.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch

import vae_exp.data.digits
from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS, Data
from vae_exp.runs.job import Job

SIZES = {"train": 50_000, "validation": 10_000, "test": 10_000}


class RandomBits(Data):
    """Of MNIST's size."""

    def __init__(
        self,
        validation_size: int,
        test_size: int,
        levels: int,
        binarize: str,
        dequantize: bool,
        seed: int,
    ):
        bits = {s: torch.randint(2, (SIZES[s], 1, 28, 28), dtype=torch.uint8) for s in SPLITS}
        super().__init__(bits, None, 1, "none", seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    vae_exp.data.digits.Digits = RandomBits
    for hidden, z_dim in (([400], 20), ([1000, 1000], 100)):
        cfg = compose(
            *("decoder=bernoulli", "plots.names=[]", "wandb.mode=disabled"),
            *(f"network.hidden={hidden}", f"z_dim={z_dim}"),
        )
        with tempfile.TemporaryDirectory() as folder:
            metadata = {"name": "bench", "group": None, "job_type": None, "tags": []}
            job = Job(cfg, Path(folder) / "run", metadata, {"config": cfg})
            records = job.experiment.train()
            seconds = []
            for _ in range(repeats):
                job.log(next(records))
                started = time.perf_counter()
                job.save()
                seconds.append(time.perf_counter() - started)
            size = job.folder.last.stat().st_size / 1e6
        median, every = statistics.median(seconds), cfg.trainer.checkpoint_every
        print(
            f"784-{'-'.join(map(str, hidden))}-{z_dim}: {size:.1f} MB in {median * 1e3:.0f} ms, "
            f"{median / every:.3%} of a training that saves every {every} s"
        )


if __name__ == "__main__":
    main()
