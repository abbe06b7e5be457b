"""The training loop."""

import math
from collections.abc import Iterator
from time import perf_counter

import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LRScheduler

from vae_exp.data import Data
from vae_exp.evaluation.averages import averages
from vae_exp.meter import Meter
from vae_exp.vae import VAE

Record = dict[str, float]


class Trainer:
    """Steps of stochastic gradient descent over a data set, reported as records.

    Args:
        epochs: passes over the training data; none for as many as ``max_steps`` takes.
        max_steps: stop after so many steps.
        batch_size: B; the last batch of an epoch may be smaller.
        clip_norm: the largest norm of the gradient, or none.
        log_every: steps between two training records within an epoch.
        patience: stop after so many epochs without a better validation ELBO, or never.

    Raises:
        ValueError: a number out of its range.
    """

    def __init__(
        self,
        epochs: int | None,
        max_steps: int | None,
        batch_size: int,
        clip_norm: float | None,
        log_every: int,
        patience: int | None,
    ):
        limits = {
            "epochs": epochs,
            "max_steps": max_steps,
            "batch_size": batch_size,
            "clip_norm": clip_norm,
            "log_every": log_every,
            "patience": patience,
        }
        for key, value in limits.items():
            if value is not None and not value > 0:
                raise ValueError(f"trainer.{key}: expected a positive number, got {value}")
        if epochs is None and max_steps is None:
            raise ValueError("trainer.epochs: expected a number where trainer.max_steps is null")
        self.epochs = math.inf if epochs is None else epochs
        self.max_steps = math.inf if max_steps is None else max_steps
        self.batch_size = batch_size
        self.clip_norm = clip_norm
        self.log_every = log_every
        self.patience = math.inf if patience is None else patience

    def total_steps(self, data: Data) -> int:
        """How many steps training takes if nothing stops it early."""
        steps_per_epoch = math.ceil(data.size("train") / self.batch_size)
        return int(min(self.epochs * steps_per_epoch, self.max_steps))

    def fit(self, vae: VAE, data: Data, scheduler: LRScheduler) -> Iterator[Record]:
        """Train, yielding records with ``step``, ``epoch`` and either ``train/...`` or ``val/...``.

        Training records are averages over the steps since the last one, the last of them at the
        end of each epoch; a validation record follows there, when the caller may save or draw.

        Raises:
            FloatingPointError: the loss is no longer finite.
        """
        total_steps = self.total_steps(data)
        step, epoch, best_elbo, best_epoch = 0, 0, -math.inf, 0
        meter, samples, seconds = Meter(), 0, 0.0
        while step < total_steps and epoch - best_epoch < self.patience:
            epoch += 1
            vae.train()
            order = torch.randperm(data.size("train")).to(data.device)
            batches = order.split(self.batch_size)[: total_steps - step]
            for index in batches:
                started = perf_counter()
                x = data.batch("train", index)
                loss, info = vae(x)
                vae.optimizer.zero_grad()
                loss.backward()
                if self.clip_norm is not None:
                    clip_grad_norm_(vae.parameters(), self.clip_norm)
                vae.optimizer.step()
                step += 1
                meter.add(info, len(x), perf_counter() - started)

                if step % self.log_every == 0 or index is batches[-1]:
                    means = _finite(meter.means(), step)
                    samples += meter.samples
                    seconds += meter.seconds
                    yield {
                        "step": step,
                        "epoch": epoch,
                        "samples": samples,
                        **{f"train/{name}": mean for name, mean in means.items()},
                        "train/learning_rate": vae.optimizer.param_groups[0]["lr"],
                        "train/samples_per_second": meter.samples / meter.seconds,
                        "time/train_seconds": seconds,
                    }
                    meter = Meter()
            scheduler.step()

            means = _finite(averages(vae, data, "validation", self.batch_size), step)
            if means["elbo"] > best_elbo:
                best_elbo, best_epoch = means["elbo"], epoch
            yield {
                "step": step,
                "epoch": epoch,
                **{f"val/{name}": mean for name, mean in means.items()},
                "val/best_elbo": best_elbo,
                "val/best_epoch": best_epoch,
            }


def _finite(means: dict[str, float], step: int) -> dict[str, float]:
    for name, mean in means.items():
        if not math.isfinite(mean):
            raise FloatingPointError(
                f"training: {name} is {mean} by step {step}; try a smaller optimizer.lr, "
                "trainer.clip_norm=1 or, for a learned scale, a larger decoder.min_scale"
            )
    return means
