"""β, the weight of the KL, as training goes on."""

import torch
from torch import Tensor, nn

SCHEDULES = {
    "constant": torch.ones_like,
    "linear": lambda progress: progress.clamp(max=1),
    # half of each cycle rises, half stays
    "cyclical": lambda progress: (2 * (progress % 1)).clamp(max=1),
}


class Beta(nn.Module):
    """β(t) = β · w(t / T) at training step t.

    w is 1 (``constant``), min(1, t/T) (``linear`` warm-up) or min(1, 2 (t/T mod 1))
    (``cyclical``, each cycle of T steps rising for its first half). Counted in buffers, so that
    a checkpoint carries it and no step waits for the device. In evaluation mode it is β, which the
    schedule leads to, so that a loss means the same after any epoch.

    Args:
        name: what the keys are called, for messages; the capacity of a KL rises in the same way.

    Raises:
        ValueError: β negative, or T not positive.
    Source: warm-up: Bowman et al. 2015, arXiv 1511.06349; cyclical: Fu et al. 2019,
        arXiv 1903.10145.
    """

    def __init__(self, beta: float, schedule: str, steps: int, name: str = "beta"):
        super().__init__()
        if not 0 <= beta < float("inf"):
            raise ValueError(f"objective.{name}: expected 0 or more, got {beta}")
        if steps < 1:
            raise ValueError(f"objective.{name}_steps: expected a positive number, got {steps}")
        self.beta = beta
        self.schedule = schedule
        self.steps = steps
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        self.register_buffer("value", self._at(self.step))
        self.register_buffer("final", torch.tensor(float(beta)), persistent=False)

    @property
    def used(self) -> Tensor:
        """β of the last call, a scalar."""
        return self.value if self.training else self.final

    @property
    def warmup_steps(self) -> int:
        """After how many training steps β stays as it is; 0 where it never does."""
        return self.steps if self.schedule == "linear" else 0

    def forward(self) -> Tensor:
        """β at this step, a scalar; each call in training mode is a step."""
        if self.training and self.schedule != "constant":
            self.value = self._at(self.step)
            self.step += 1
        return self.used

    def _at(self, step: Tensor) -> Tensor:
        return self.beta * SCHEDULES[self.schedule](step / self.steps)
