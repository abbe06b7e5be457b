"""The temperature of relaxed codes, as training goes on."""

from typing import Literal

import torch
from torch import Tensor, nn

Schedule = Literal["constant", "linear", "exponential"]


class Temperature(nn.Module):
    """τ(t), from ``start`` to ``end`` in T training steps: straight, or at a constant rate.

    Counted in buffers, so that a checkpoint carries it and no step waits for the device.

    Args:
        start: τ(0).
        schedule: ``constant`` stays there, ``linear`` is start + (end − start) t/T, and
            ``exponential`` start (end/start)^(t/T).
        end: τ(T), and from there on.
        steps: T.

    Raises:
        ValueError: a number that is not positive.
    Source: Jang, Gu and Poole 2017, arXiv 1611.01144.
    """

    def __init__(self, start: float, schedule: Schedule, end: float, steps: int):
        super().__init__()
        given = {"temperature": start, "end_temperature": end, "temperature_steps": steps}
        for key, number in given.items():
            if not 0 < number < float("inf"):
                raise ValueError(f"encoder.{key}: expected a positive number, got {number}")
        self.start, self.schedule, self.end, self.steps = start, schedule, end, steps
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        self.register_buffer("value", self._at(self.step))

    def advance(self) -> None:
        """One training step further."""
        if self.schedule != "constant":
            self.step += 1
            self.value = self._at(self.step)

    def _at(self, step: Tensor) -> Tensor:
        progress = (step / self.steps).clamp(max=1)
        if self.schedule == "linear":
            return self.start + (self.end - self.start) * progress
        if self.schedule == "exponential":
            return self.start * (self.end / self.start) ** progress
        return torch.full_like(progress, self.start)
