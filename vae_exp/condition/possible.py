"""Data of which c is unknown, and stands for all that it may be."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Possible:
    """A batch of B data in which each stands once for each c that it may have, B' in all.

    Args:
        x, c: of all of them, (B', X) and (B', ...).
        size: B.
        datum: which of the batch each is, (B',), or none where each stands once, in its order.
        log_p, log_q: log p(c) and log q(c|x), (B',), and 0 where c is known.
        loss: what is minimised besides the average of the objective, a scalar.
        info: scalars that are worth a curve of their own.
    """

    x: Tensor
    c: Any
    size: int
    datum: Tensor | None = None
    log_p: Tensor | float = 0.0
    log_q: Tensor | float = 0.0
    loss: Tensor | float = 0.0
    info: dict[str, Tensor] = field(default_factory=dict)

    @property
    def weight(self) -> Tensor | None:
        """Of each in averages over the batch, q(c|x) / B, (B',), or none where all count alike."""
        return None if self.datum is None else torch.as_tensor(self.log_q).exp() / self.size

    def with_its_own(self, kl: Tensor) -> Tensor:
        """A batch's average KL of z, a scalar, and besides that of c where it is unknown:
        Σ_c q(c|x) log q(c|x)/p(c)."""
        if self.datum is None:
            return kl
        return kl + (self.weight * (self.log_q - self.log_p)).sum()

    def mean(self, values: Tensor) -> Tensor:
        """Σ_c q(c|x) v(c), (B,) for values (B',)."""
        if self.datum is None:
            return values
        return self._sum(self.datum, torch.as_tensor(self.log_q).exp() * values)

    def log_sum(self, values: Tensor) -> Tensor:
        """log Σ_c exp v(c), (B,) for values (B',)."""
        if self.datum is None:
            return values
        largest = self._largest(self.datum, values)
        shift = largest.nan_to_num(0.0, 0.0, 0.0)  # infinity less itself is no number
        return shift + self._sum(self.datum, (values - shift[self.datum]).exp()).log()

    def average(self, values: Tensor, log_w: Tensor) -> Tensor:
        """Σ_c w(c) v(c) / Σ_c w(c), (B, ...) for values (B', ...), whatever they are where
        w(c) = 0, and log w (B',)."""
        if self.datum is None:
            return values
        share = (log_w - self.log_sum(log_w)[self.datum]).exp()
        share = share.reshape(-1, *[1] * (values.ndim - 1))
        return self._sum(self.datum, torch.where(share == 0, 0.0, share * values))

    def argmax(self, values: Tensor) -> Tensor:
        """Where among all of them the c of the largest value is, (B,) for values (B',)."""
        place = torch.arange(len(values), device=values.device)
        if self.datum is None:
            return place
        is_largest = values == self._largest(self.datum, values)[self.datum]
        first = place.new_zeros(self.size)
        return first.scatter_reduce(0, self.datum, torch.where(is_largest, place, 0), "amax")

    def _largest(self, datum: Tensor, values: Tensor) -> Tensor:
        lowest = values.new_full((self.size,), -math.inf)
        return lowest.scatter_reduce(0, datum, values, "amax")

    def _sum(self, datum: Tensor, values: Tensor) -> Tensor:
        return values.new_zeros(self.size, *values.shape[1:]).index_add(0, datum, values)
