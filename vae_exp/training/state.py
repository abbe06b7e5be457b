"""How far a training has come: all that a checkpoint needs besides the parts themselves."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from vae_exp.distributed.process_group import rank
from vae_exp.training.average_meter import AverageMeter

STEP = ("data", "forward", "backward", "optimizer", "logging")  # what a training step spends


@dataclass
class TrainingState:
    """Counters, the order of the epoch under way, and the best weights so far.

    ``seed`` is the run's; ``seconds`` says by name what the time went to, and its ``total``;
    ``seen`` is for ``samples_per_second``. ``order`` (N,) is this epoch's permutation of the
    training data and ``batches`` how many batches of it are done; between epochs it is none.
    ``meter`` has the steps since the last training record, and ``bad`` for each of them whether it
    was not finite; of those before, ``bad_steps`` were not, the last ``bad_in_a_row`` among them.
    ``watched`` is the validation number that says which epoch is best, ``elbo`` or ``loss``, and
    ``best_score`` its best value so far, of a loss the negative; ``best_weights`` is a copy of the
    model's state at ``best_epoch``, and ``best_elbo`` the validation ELBO there.
    """

    seed: int = 0
    step: int = 0
    epoch: int = 0
    samples: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    seen: tuple[int, float] = (0, 0.0)
    watched: str = "elbo"
    best_score: float = -math.inf
    best_elbo: float = -math.inf
    best_epoch: int = 0
    bad_steps: int = 0
    bad_in_a_row: int = 0
    order: Tensor | None = field(default=None, repr=False)
    batches: int = 0
    meter: AverageMeter = field(default_factory=AverageMeter)
    bad: list[Tensor] = field(default_factory=list, repr=False)
    best_weights: dict[str, Tensor] | None = field(default=None, repr=False)

    def begin_epoch(self, order: Tensor) -> None:
        """Count the epoch, and take note of the order of its data."""
        self.epoch += 1
        self.order, self.batches = order, 0

    def count_step(self, info: dict[str, Tensor], count: int, samples: int) -> None:
        """Take note of a step of so many samples, and of the numbers over ``count`` of them."""
        self.step += 1
        self.batches += 1
        self.samples += samples
        self.meter.update(info, count)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count the time inside under this name."""
        started = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - started

    @property
    def train_seconds(self) -> float:
        """What the training steps took, all together."""
        return sum(self.seconds.get(name, 0.0) for name in STEP)

    def samples_per_second(self) -> float:
        """Samples per second of training since this was last asked."""
        samples, seconds = self.seen
        self.seen = (self.samples, self.train_seconds)
        return (self.samples - samples) / (self.train_seconds - seconds)

    def end_epoch(self, means: dict[str, float], weights: dict[str, Tensor]) -> None:
        """Take note of a validation, and of the weights if what is watched is the best.

        What is not finite is never the best.
        """
        self.order = None
        score = means[self.watched] * (-1 if self.watched == "loss" else 1)
        if math.isfinite(score) and score > self.best_score:
            self.best_score, self.best_elbo, self.best_epoch = score, means["elbo"], self.epoch
            self.best_weights = {name: value.clone() for name, value in weights.items()}

    def state_dict(self) -> dict[str, Any]:
        """Everything, as tensors and plain values."""
        return {**vars(self), "meter": self.meter.state_dict()}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from there, with tensors on ``device``."""
        # earlier versions watched the ELBO
        vars(self).update({"watched": "elbo", "best_score": state["best_elbo"], **state})
        self.meter = AverageMeter()
        if rank() == 0:  # of any other, which goes on from it too, they would count once more
            self.meter.load_state_dict(state["meter"], device)
        self.bad = [bad.to(device) for bad in self.bad]
        if self.best_weights is not None:
            self.best_weights = {k: v.to(device) for k, v in self.best_weights.items()}
