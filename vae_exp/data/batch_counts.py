"""Counts from several batches, as of cells that several laboratories have measured."""

import math

import torch
from torch import Tensor
from torch.distributions import Poisson

from vae_exp.condition import Source
from vae_exp.condition.columns import Column
from vae_exp.data import SPLITS, Binarize, seeded
from vae_exp.data.held_out import three_splits
from vae_exp.data.synthetic import Synthetic, at_least, check_rates, positive, tables_fit

TOGETHER = 1000  # data whose probabilities are computed at a time


class BatchCounts(Synthetic):
    """x_d ~ Poisson(λ_tbd), log λ_tbd = a + w_td + v_bd, the type t and the batch b uniform.

    t is the label, b the covariate ``batch``, and they are independent of each other. With T and B
    of them the truth is known by summing over what is not given:

        p(x|b) = 1/T Σ_t Π_d Poisson(x_d; λ_tbd),   p(x|t) likewise,   p(x) = 1/B Σ_b p(x|b).

    Args:
        dimensions: D, of x.
        types: T.
        batches: B.
        rate: exp a.
        type_effect, batch_effect: the standard deviations of w and v.
        size: how many to draw in all.
        validation_size, test_size: how many of them to hold out.
        binarize: ``none`` or ``auto``.
        seed: of w ~ N(0, type_effect²), of v ~ N(0, batch_effect²), of the draws and the splits.

    Shapes: λ (T, B, D), x (D,).
    Raises:
        ValueError: a number out of range.
    """

    kind = "counts"

    def __init__(
        self,
        dimensions: int,
        types: int,
        batches: int,
        rate: float,
        type_effect: float,
        batch_effect: float,
        size: int,
        validation_size: int,
        test_size: int,
        binarize: Binarize,
        seed: int,
    ):
        positive(dimensions=dimensions, types=types, batches=batches, rate=rate, size=size)
        tables_fit(size, dimensions=dimensions, types=types, batches=batches)
        tables_fit(types, batches=batches * dimensions)
        at_least(0, type_effect=type_effect, batch_effect=batch_effect)
        generator = seeded(seed)
        of_type = type_effect * torch.randn(types, 1, dimensions, generator=generator)
        of_batch = batch_effect * torch.randn(batches, dimensions, generator=generator)
        self.rates = rate * (of_type + of_batch).exp()  # (T, B, D)
        effects = {"type_effect": type_effect, "batch_effect": batch_effect}
        check_rates(self.rates, rate=rate, **effects)
        t = torch.randint(types, (size,), generator=generator)
        b = torch.randint(batches, (size,), generator=generator)
        x = torch.poisson(self.rates[t, b], generator=generator)
        super().__init__(x.int(), t, validation_size, test_size, binarize, seed)
        self.columns = (Column("batch", tuple(map(str, range(batches)))),)
        splits = three_splits(size, validation_size, test_size, seed)
        self.covariates = {split: b[splits[split]].float().unsqueeze(1) for split in SPLITS}

    def known_log_likelihood(self, split: str) -> float:
        """log p(x|c) averaged, c the batch or the type where that is given out, or log p(x)."""
        x = self.values[split].cpu().double()
        parts = zip(*(each.split(TOGETHER) for each in (x, *self._of(split))))
        return torch.cat([self.log_prob(*part, self.source) for part in parts]).mean().item()

    def log_prob(self, x: Tensor, t: Tensor, b: Tensor, given: Source | None) -> Tensor:
        """log p(x|b), p(x|t) or p(x), (N,), where ``given`` is covariates, labels or nothing.

        Shapes: x (N, D), t and b (N,).
        """
        types, batches, _ = self.rates.shape
        rows = torch.arange(len(x))
        joint = torch.stack(  # log p(x|t, b), (N, T, B)
            [Poisson(rate).log_prob(x).sum(-1) for rate in self.rates.double().flatten(0, 1)], -1
        ).unflatten(-1, (types, batches))
        if given == "covariates":
            return joint[rows, :, b].logsumexp(-1) - math.log(types)
        if given == "labels":
            return joint[rows, t].logsumexp(-1) - math.log(batches)
        return joint.flatten(1).logsumexp(-1) - math.log(types * batches)

    def _of(self, split: str) -> tuple[Tensor, Tensor]:
        """t and b of a split, (N,)."""
        return self.labels[split].cpu(), self.covariates[split][:, 0].long().cpu()
