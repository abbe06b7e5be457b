"""What the rate of counts is relative to.

Each is called as ``offset(family, raw)``: ``family(log_mean)`` is the distribution of components
whose means are exp(log_mean), (*, X), and raw is what the network gives.
"""

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.decoder.rate import log_rate

Offset = Literal["none", "library"]
Family = Callable[[Tensor], Distribution]


class NoOffset(nn.Module):
    """log m = raw, within its bounds."""

    def __init__(self, event_ndims: int):
        super().__init__()

    def forward(self, family: Family, raw: Tensor) -> Distribution:
        return family(log_rate(raw))

    def setup(self, x: Tensor) -> None:
        """Nothing depends on the data."""


class Library(nn.Module):
    """m = l ρ(z), ρ = softmax(raw) over all of X, l the library size: the total of the datum.

    In ``log_prob(x)`` l = max(Σ_i x_i, 1), of the x whose probability is asked: it is p(x|z, l), a
    distribution over all x for each l that is fixed, at the l that x has. The network needs to
    know nothing of how many counts there are, only of their shares. Σ_x p(x|z, l = Σ_i x_i) is
    not 1, so that these log-likelihoods are not those of a model of x: compare them with others
    that are given the total. Of Poissons, p(x|z, l) is the multinomial of l draws of ρ, times
    Poisson(l; l) ≈ (2πl)^−½, which no parameter changes.

    Where components of x are missing, l is that of the others and their shares add up to 1:
    m = l_obs ρ / Σ_obs ρ, of the missing ones too. All else that is not asked of an x, such as the
    mean and draws, is at l = the mean of the training data's.

    Shapes: l (*, 1, ..., 1), ρ (*, X).
    Source: Lopez et al. 2018, doi 10.1038/s41592-018-0229-2; l observed, as in scvi-tools with
        use_observed_lib_size.
    """

    def __init__(self, event_ndims: int):
        super().__init__()
        self.event_ndims = event_ndims
        self.register_buffer("size", torch.ones(()))

    def forward(self, family: Family, raw: Tensor) -> "OfItsTotal":
        event = raw.shape[-self.event_ndims :]
        log_share = log_rate(raw).flatten(-self.event_ndims).log_softmax(-1).unflatten(-1, event)
        return OfItsTotal(family, log_share, self)

    def total(self, x: Tensor) -> Tensor:
        """l of x (*, X), of those components that are observed."""
        return x.nansum(tuple(range(-self.event_ndims, 0)), keepdim=True).clamp(min=1)

    def setup(self, x: Tensor) -> None:
        """See the totals of training data x (N, X)."""
        self.size.copy_(self.total(x).mean())


class OfItsTotal(Distribution):
    """``family(log l + log ρ)``, batch (*, X), l of the x whose probability is asked.

    See ``Library``.
    """

    arg_constraints: ClassVar = {}

    def __init__(self, family: Family, log_share: Tensor, library: Library):
        super().__init__(log_share.shape, validate_args=False)
        self.family, self.log_share, self.library = family, log_share, library
        self.typical = family(library.size.log() + log_share)

    @property
    def mean(self) -> Tensor:
        return self.typical.mean

    @property
    def variance(self) -> Tensor:
        return self.typical.variance

    @property
    def support(self):
        return self.typical.support

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.typical.sample(sample_shape)

    def at(self, x: Tensor) -> Distribution:
        """The distribution for the total of x (*, X), by those components that are not NaN.

        Where there are none, it is the typical one.
        """
        event, missing = tuple(range(-self.library.event_ndims, 0)), x.isnan()
        nothing = missing.all(event, keepdim=True)
        hidden = missing & ~nothing
        observed = self.log_share.masked_fill(hidden, -torch.inf).logsumexp(event, keepdim=True)
        total = torch.where(nothing, self.library.size, self.library.total(x))
        return self.family(total.log() + self.log_share - observed)

    def log_prob(self, x: Tensor) -> Tensor:
        return self.at(x).log_prob(x)


OFFSETS = {"none": NoOffset, "library": Library}
