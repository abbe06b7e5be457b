"""Stochastic layers, each conditional on those before it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, constraints

from vae_exp.distribution.detach import detach
from vae_exp.distribution.fixed_noise import fixed_noise
from vae_exp.distribution.frozen import frozen


@dataclass(frozen=True)
class Step:
    """p(z | before), the distribution of one layer given the one before it, or all of them.

    Args:
        network: ``network(before)`` is a distribution over ``size`` numbers, and with ``evidence``
            Independent(Normal(...), 1).
        size: of the layer.
        beside: what the network sees besides, behind ``before``, (*, F), or nothing.
        evidence: mean and standard deviation, (*, ``size``) each, of a Gaussian that the network's
            is multiplied with, or none.
        constant: there is no gradient in parameters, ``beside`` or ``evidence``.
    """

    network: nn.Module
    size: int
    beside: Tensor | None = None
    evidence: tuple[Tensor, Tensor] | None = None
    constant: bool = False

    def __call__(self, before: Tensor) -> Distribution:
        """p(z | before), batch (*,)."""
        if self.beside is not None:
            shape = torch.broadcast_shapes(before.shape[:-1], self.beside.shape[:-1])
            both = before, self.beside
            before = torch.cat([part.expand(*shape, part.shape[-1]) for part in both], -1)
        network: Callable = frozen(self.network) if self.constant else self.network
        p = network(before)
        return p if self.evidence is None else product(p, *self.evidence)

    def detach(self) -> "Step":
        """The same, with a gradient in ``before`` and z alone."""
        beside = None if self.beside is None else self.beside.detach()
        evidence = self.evidence and tuple(part.detach() for part in self.evidence)
        return replace(self, beside=beside, evidence=evidence, constant=True)


def product(p: Independent, loc: Tensor, scale: Tensor) -> Independent:
    """The Gaussian that is proportional to p(z) N(z | loc, diag scale²), p Gaussian and diagonal.

    Precisions add up, and means count by them: 1/σ² = 1/σ_p² + 1/scale², μ / σ² = μ_p / σ_p² +
    loc / scale².
    """
    p_scale = p.base_dist.scale
    share = scale.square() / (scale.square() + p_scale.square())  # of p in the precision
    both = Normal(
        loc + share * (p.base_dist.loc - loc),
        scale * p_scale / torch.hypot(scale, p_scale),
        validate_args=False,
    )
    return Independent(both, 1, validate_args=False)


class Layers(Distribution):
    """p(z_a) p(z_b | z_a) p(z_c | z_b) ..., an event z = (z_1, ..., z_L), all layers side by side.

    It is drawn from z_1 up, or from z_L down. Each density asks the networks of the layers again,
    for the z that it is asked of. With batch normalisation in them it is that of the sample while
    training as long as it is asked of the whole batch of samples as it was drawn, as the model
    does, for the statistics are then the same; in evaluation mode they are constants, and it is
    one density for any z.

    Means and variances beyond the first layer drawn have no closed form: they average the
    conditional ones over 128 points of the layers before that are always the same, see
    ``fixed_noise``, those of a Gaussian where the first is none.

    Args:
        first: the distribution of the layer that is drawn first, batch (*,).
        steps: of the others, in the order in which they are drawn.
        upward: whether the first is z_1, and not z_L.
        skip: whether each layer depends on all before it, and not on the next to it alone.
    """

    arg_constraints: ClassVar = {}
    support = constraints.real_vector

    def __init__(
        self, first: Distribution, steps: Sequence[Step], upward: bool, skip: bool = False
    ):
        self.first, self.steps, self.upward, self.skip = first, tuple(steps), upward, skip
        drawn = [first.event_shape[0], *(step.size for step in steps)]
        self.sizes = tuple(drawn if upward else reversed(drawn))  # of z_1, ..., z_L
        super().__init__(first.batch_shape, (sum(drawn),), validate_args=False)

    @property
    def has_rsample(self) -> bool:
        return self.first.has_rsample

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self._draw(self.first.rsample(sample_shape))

    @torch.no_grad()
    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self._draw(self.first.sample(sample_shape))

    def log_prob(self, z: Tensor) -> Tensor:
        drawn = self._turn(self.parts(z))
        log_p = self.first.log_prob(drawn[0])
        for p, part in zip(self._after(drawn), drawn[1:]):
            log_p = log_p + p.log_prob(part)
        return log_p

    def parts(self, z: Tensor) -> tuple[Tensor, ...]:
        """z_1, ..., z_L of z (*, Z)."""
        return z.split(self.sizes, dim=-1)

    def conditionals(self, z: Tensor) -> list[Distribution]:
        """The distribution of each of z_1, ..., z_L, given those of z (*, Z) drawn before it."""
        return self._turn([self.first, *self._after(self._turn(self.parts(z)))])

    @property
    def mean(self) -> Tensor:
        return torch.cat(self._turn([mean for mean, _ in self._moments()]), -1)

    @property
    def variance(self) -> Tensor:
        return torch.cat(self._turn([variance for _, variance in self._moments()]), -1)

    def detach(self) -> "Layers":
        """The same, with a gradient of ``log_prob(z)`` in z but not in any parameter."""
        steps = [step.detach() for step in self.steps]
        return type(self)(detach(self.first), steps, self.upward, self.skip)

    def _draw(self, first: Tensor) -> Tensor:
        drawn = [first]
        for step in self.steps:
            p = step(self._before(drawn))
            drawn.append(p.rsample() if p.has_rsample else p.sample())
        return torch.cat(self._turn(drawn), dim=-1)

    def _after(self, drawn: Sequence[Tensor]) -> list[Distribution]:
        """Those of the layers after the first, given those drawn before."""
        return [step(self._before(drawn[:i])) for i, step in enumerate(self.steps, 1)]

    def _before(self, drawn: Sequence[Tensor]) -> Tensor:
        """What the next layer depends on."""
        return torch.cat(drawn, -1) if self.skip and len(drawn) > 1 else drawn[-1]

    def _turn(self, drawn: Sequence) -> list:
        """From the order of drawing to z_1, ..., z_L, or back."""
        return list(drawn if self.upward else reversed(drawn))

    def _point(self, p: Distribution, noise: Tensor) -> Tensor:
        """A point of the layer p, by standard normal numbers that are always the same."""
        return p.mean + p.stddev * noise

    def _moments(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Mean and variance of each layer, in the order of drawing."""
        mean, variance = self.first.mean, self.first.variance
        yield mean, variance
        sizes = [self.first.event_shape[0], *(step.size for step in self.steps[:-1])]
        u = fixed_noise(mean.new_empty(sum(sizes)))  # (N, D)
        noise = u.view(len(u), *[1] * (mean.ndim - 1), -1).split(sizes, -1)
        drawn, p = [], self.first
        for step, own in zip(self.steps, noise):
            drawn.append(self._point(p, own))
            p = step(self._before(drawn))
            # of the average and on average
            yield p.mean.mean(0), p.mean.var(0, correction=0) + p.variance.mean(0)
