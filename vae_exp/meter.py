"""Averages and timings over steps, without making the device wait at each of them."""

from time import perf_counter

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
        """The averages, once the device has finished; that wait is added to ``seconds``."""
        started = perf_counter()
        names = list(self._scalars[0])
        rows = torch.stack([torch.stack([row[name] for name in names]) for row in self._scalars])
        weights = torch.tensor(self._sizes, dtype=rows.dtype, device=rows.device)
        means = (weights @ rows / weights.sum()).tolist()
        self.seconds += perf_counter() - started
        return dict(zip(names, means))
