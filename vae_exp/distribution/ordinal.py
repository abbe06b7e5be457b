"""Grades in an order."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints
from torch.nn.functional import logsigmoid


class Ordinal(Distribution):
    """P(x ≤ k) = σ(t_k − loc), x in {0, ..., K − 1}, thresholds t_0 < ... < t_{K−2}.

    x is how many thresholds a logistic variable around loc exceeds.

    Args:
        loc: (*,).
        thresholds: t, (K − 1,), rising.
        gaps: t_{k+1} − t_k, (K − 2,), which small ones are no longer once they are added up; none
            for those of ``thresholds``.

    Source: McCullagh 1980, "Regression models for ordinal data".
    """

    arg_constraints: ClassVar = {"loc": constraints.real}

    def __init__(self, loc: Tensor, thresholds: Tensor, gaps: Tensor | None = None):
        self.loc, self.thresholds = loc, thresholds
        self.gaps = thresholds.diff() if gaps is None else gaps
        super().__init__(loc.shape, validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        return constraints.integer_interval(0, len(self.thresholds))

    @property
    def mean(self) -> Tensor:
        """Σ_k P(x > k)."""
        return (self.loc.unsqueeze(-1) - self.thresholds).sigmoid().sum(-1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − exp(b − a)), which does not cancel."""
        k, last = x.round().long(), len(self.thresholds)
        above = self.thresholds[k.clamp(max=last - 1)]
        below = self.thresholds[(k - 1).clamp(min=0)]
        a = logsigmoid(above - self.loc).masked_fill(k == last, 0)
        b = logsigmoid(self.loc - below).masked_fill(k == 0, 0)
        inside = (k > 0) & (k < last)
        outside = self.gaps.new_ones(1)
        width = torch.cat([outside, self.gaps, outside])[k]
        return a + b + torch.log(-torch.expm1(-width)).masked_fill(~inside, 0)

    @torch.no_grad()
    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        shape = self._extended_shape(torch.Size(sample_shape))
        u = torch.rand(shape, dtype=self.loc.dtype, device=self.loc.device)
        y = self.loc + torch.logit(u.clamp(1e-7, 1 - 1e-7))
        return (y.unsqueeze(-1) > self.thresholds).sum(-1).to(self.loc)
