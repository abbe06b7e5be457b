"""How far a training has come: all that a checkpoint needs besides the parts themselves."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from vae_exp.meter import Meter


@dataclass
class TrainingState:
    """Counters, the order of the epoch under way, and the best weights so far.

    ``order`` (N,) is this epoch's permutation of the training data and ``batches`` how many
    batches of it are done; between epochs it is none. ``meter`` has the steps since the last
    training record. ``bad`` counts steps that were not finite: in a row just now, the most in a
    row since the last training record, and all. ``best_weights`` is a copy of the model's state
    at ``best_epoch``.
    """

    step: int = 0
    epoch: int = 0
    samples: int = 0
    seconds: float = 0.0
    best_elbo: float = -math.inf
    best_epoch: int = 0
    bad: Tensor = field(default_factory=lambda: torch.zeros(3))
    order: Tensor | None = None
    batches: int = 0
    meter: Meter = field(default_factory=Meter)
    best_weights: dict[str, Tensor] | None = None

    def begin_epoch(self, order: Tensor) -> None:
        """Count the epoch, and take note of the order of its data."""
        self.epoch += 1
        self.order, self.batches = order, 0

    def end_epoch(self, elbo: float, weights: dict[str, Tensor]) -> None:
        """Take note of the validation ELBO, and of the weights if it is the best."""
        self.order = None
        if elbo > self.best_elbo:
            self.best_elbo, self.best_epoch = elbo, self.epoch
            self.best_weights = {name: value.clone() for name, value in weights.items()}

    def state_dict(self) -> dict[str, Any]:
        """Everything, as tensors and plain values."""
        return {**vars(self), "meter": self.meter.state_dict()}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from there, with tensors on ``device``."""
        vars(self).update(state)
        self.meter = Meter()
        self.meter.load_state_dict(state["meter"], device)
        if self.order is not None:
            self.order = self.order.to(device)
        if self.best_weights is not None:
            self.best_weights = {k: v.to(device) for k, v in self.best_weights.items()}
