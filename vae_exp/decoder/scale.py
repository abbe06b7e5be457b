"""Where the scale of a location-scale likelihood comes from.

Each is called as ``scale(likelihood, loc, *raw)`` and returns the elementwise distribution
``likelihood.family(loc, scale)``; loc and raw, (*, X), are what the network gives, ``outputs``
numbers a pixel.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.distribution.positive import shifted_softplus


class Fixed(nn.Module):
    """scale = value."""

    outputs = 1

    def __init__(self, value: float, minimum: float):
        super().__init__()
        self.register_buffer("value", torch.tensor(float(value)))

    def forward(self, likelihood: nn.Module, loc: Tensor) -> Distribution:
        return likelihood.family(loc, self.value, validate_args=False)


class Shared(nn.Module):
    """One learned number for all pixels and all data, above ``minimum``."""

    outputs = 1

    def __init__(self, value: float, minimum: float):
        super().__init__()
        self.start, self.minimum = value, minimum
        self.raw = nn.Parameter(torch.zeros(()))

    def forward(self, likelihood: nn.Module, loc: Tensor) -> Distribution:
        scale = shifted_softplus(self.minimum, self.start, self.raw)
        return likelihood.family(loc, scale, validate_args=False)


class PerPixel(nn.Module):
    """The network's second output, above ``minimum``."""

    outputs = 2

    def __init__(self, value: float, minimum: float):
        super().__init__()
        self.start, self.minimum = value, minimum

    def forward(self, likelihood: nn.Module, loc: Tensor, raw: Tensor) -> Distribution:
        scale = shifted_softplus(self.minimum, self.start, raw)
        return likelihood.family(loc, scale, validate_args=False)


class Optimal(nn.Module):
    """The one scale under which the batch is most likely, known when x is.

    Of the residuals x − loc over samples, batch and pixels, which count alike: σ² = mean (x − loc)²
    for a Gaussian, b = mean |x − loc| for a Laplace. What is minimised is then

        −1/(S B) Σ_sb log p(x_b | loc(z_sb), scale*(residuals)),   scale* = max(optimum, minimum),

    whose derivative in scale* is zero, or scale* constant: its gradient is that at a constant
    scale*. Under an average that weighs samples neither is so; objectives that do refuse it.
    Evaluation uses a running mean of the moment over about the last ten batches.

    Source: Rybkin et al. 2021, "Simple and effective VAE training with calibrated decoders",
        arXiv 2006.13202.
    """

    outputs = 1
    momentum = 0.1

    def __init__(self, value: float, minimum: float):
        super().__init__()
        self.minimum = minimum
        self.register_buffer("running", torch.tensor(float(value)))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, likelihood: nn.Module, loc: Tensor) -> Distribution:
        running = likelihood.family(loc, self.running, validate_args=False)
        return BatchOptimum(running, likelihood, self) if self.training else running

    @torch.no_grad()
    def fit(self, likelihood: nn.Module, residual: Tensor) -> Tensor:
        """The optimal scale of these residuals, which also moves the running estimate.

        Those of components that are not observed are NaN, and do not count.
        """
        moment = likelihood.moment(residual).nanmean()
        self.batches += 1
        weight = (1 / self.batches).clamp(min=self.momentum)
        average = likelihood.moment(self.running).lerp(moment, weight.to(moment))
        running = likelihood.scale_of_moment(average).clamp(min=self.minimum)
        # one residual that is not finite must not stay in the mean for good
        self.running = torch.where(running.isfinite(), running, self.running)
        return likelihood.scale_of_moment(moment).clamp(min=self.minimum)


class BatchOptimum(Distribution):
    """``likelihood.family(loc, scale*(x))``, scale* the optimum for the x whose density is asked.

    scale* is a constant to the gradient, see ``Optimal``. All but ``log_prob`` uses the running
    scale.
    """

    arg_constraints: ClassVar = {}

    def __init__(self, running: Distribution, likelihood: nn.Module, scale: Optimal):
        super().__init__(running.batch_shape, validate_args=False)
        self.running, self.likelihood, self.scale_module = running, likelihood, scale

    @property
    def mean(self) -> Tensor:
        return self.running.mean

    @property
    def variance(self) -> Tensor:
        return self.running.variance

    @property
    def support(self):
        return self.running.support

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.running.rsample(sample_shape)

    def at(self, x: Tensor) -> Distribution:
        """The distribution for this batch x (*, X), by those components that are not NaN."""
        loc = self.running.loc
        scale = self.scale_module.fit(self.likelihood, x - loc)
        return self.likelihood.family(loc, scale, validate_args=False)

    def log_prob(self, x: Tensor) -> Tensor:
        return self.at(x).log_prob(x)


SCALES = {"fixed": Fixed, "shared": Shared, "per_pixel": PerPixel, "optimal": Optimal}
