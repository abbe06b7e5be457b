"""Averages and timings over steps, without making the device wait at each of them."""

from time import perf_counter
from typing import Any

import torch
from torch import Tensor


class Meter:
    """The average of scalars over the batches added, weighted by batch size."""

    def __init__(self):
        self.samples, self.seconds = 0, 0.0
        self._scalars: list[dict[str, Tensor]] = []
        self._sizes: list[int] = []

    def add(self, scalars: dict[str, Tensor], size: int, seconds: float = 0.0) -> None:
        """Remember one batch's scalars and how long it took; nothing is computed yet."""
        self._scalars.append(scalars)
        self._sizes.append(size)
        self.samples += size
        self.seconds += seconds

    def means(self) -> dict[str, float]:
        """The averages, once the device has finished; that wait is added to ``seconds``.

        A batch with a scalar that is not finite counts for nothing; without any other the
        averages are nan.
        """
        started = perf_counter()
        names = list(self._scalars[0])
        rows = torch.stack([torch.stack([row[name] for name in names]) for row in self._scalars])
        good = rows.isfinite().all(dim=1)
        weights = torch.tensor(self._sizes, dtype=rows.dtype, device=rows.device) * good
        rows = torch.where(good.unsqueeze(1), rows, 0)
        means = (weights @ rows / weights.sum()).tolist()
        self.seconds += perf_counter() - started
        return dict(zip(names, means))

    def state_dict(self) -> dict[str, Any]:
        """What was added so far."""
        return {
            "scalars": self._scalars,
            "sizes": self._sizes,
            "samples": self.samples,
            "seconds": self.seconds,
        }

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from there, with tensors on ``device``."""
        self._scalars = [
            {name: value.to(device) for name, value in scalars.items()}
            for scalars in state["scalars"]
        ]
        self._sizes = list(state["sizes"])
        self.samples, self.seconds = state["samples"], state["seconds"]
