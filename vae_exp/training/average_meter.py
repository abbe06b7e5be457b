"""Averages over steps, without making the device wait at each of them."""

import math
from typing import Any

import torch
from torch import Tensor

from vae_exp.distributed.collectives import all_gather_object
from vae_exp.distributed.process_group import rank, world_size


class AverageMeter:
    """The average of scalars over the batches added, weighted by batch size."""

    def __init__(self):
        self._scalars: list[dict[str, Tensor]] = []
        self._sizes: list[int] = []

    def update(self, scalars: dict[str, Tensor], size: int) -> None:
        """Remember one batch's scalars; nothing is computed yet."""
        self._scalars.append(scalars)
        self._sizes.append(size)

    def compute(self, skip_nonfinite: bool = False) -> dict[str, float]:
        """The averages over all processes, once the device has finished.

        Args:
            skip_nonfinite: whether a batch with a scalar that is not finite counts for nothing;
                without any other the averages are nan.
        """
        sums: dict[str, float] = {}
        weight = 0.0
        for own_sums, own_weight in all_gather_object(self._sums(skip_nonfinite)):
            weight += own_weight
            sums = {name: sums.get(name, 0.0) + value for name, value in own_sums.items()} or sums
        return {name: value / weight if weight else math.nan for name, value in sums.items()}

    def _sums(self, skip_nonfinite: bool) -> tuple[dict[str, float], float]:
        """Of this process: the weighted sum of each scalar, and of the weights."""
        if not self._scalars:
            return {}, 0.0
        names = list(self._scalars[0])
        rows = torch.stack([torch.stack([row[name] for name in names]) for row in self._scalars])
        rows = rows.cpu().double()
        weights = torch.tensor(self._sizes, dtype=rows.dtype)
        if skip_nonfinite:
            good = rows.isfinite().all(dim=1)
            rows, weights = torch.where(good.unsqueeze(1), rows, 0), weights * good
        sums = (weights @ rows).tolist()
        return dict(zip(names, sums)), weights.sum().item()

    def gather(self, device: torch.device) -> None:
        """Have rank 0, which writes checkpoints, go on from what all processes have added."""
        if world_size() == 1:
            return
        own = [{name: value.cpu() for name, value in scalars.items()} for scalars in self._scalars]
        scalars, sizes = [], []
        for each_scalars, each_sizes in all_gather_object((own, self._sizes)):
            scalars, sizes = scalars + each_scalars, sizes + each_sizes
        if rank() > 0:
            scalars, sizes = [], []
        self.load_state_dict({"scalars": scalars, "sizes": sizes}, device)

    def state_dict(self) -> dict[str, Any]:
        """What was added so far."""
        return {"scalars": self._scalars, "sizes": self._sizes}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from there, with tensors on ``device``."""
        self._scalars = [
            {name: value.to(device) for name, value in scalars.items()}
            for scalars in state["scalars"]
        ]
        self._sizes = list(state["sizes"])
