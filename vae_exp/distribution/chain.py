"""Two stochastic layers, the second conditional on the first."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, constraints

from vae_exp.distribution.detach import detach
from vae_exp.distribution.fixed_noise import fixed_noise
from vae_exp.distribution.frozen import frozen


class Chain(Distribution):
    """p(first) p(second | first), with both layers concatenated to one event.

    The mean and the variance of the second layer have no closed form: they average its conditional
    ones over 128 points of the first that are always the same, see ``fixed_noise``.

    Args:
        first: p(first), Independent(Normal(...), 1), batch (*,).
        second: ``second(first)`` is p(second | first), batch (*,).
        second_dim: the size of the second layer.
        second_leads: whether an event is (second, first), not (first, second).
        constant: ``log_prob`` has no gradient in the parameters of ``second``.
    """

    arg_constraints: ClassVar = {}
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        first: Distribution,
        second: nn.Module,
        second_dim: int,
        second_leads: bool,
        constant: bool = False,
    ):
        event_shape = (first.event_shape[0] + second_dim,)
        super().__init__(first.batch_shape, event_shape, validate_args=False)
        self.first, self.second, self.second_dim = first, second, second_dim
        self.second_leads, self.constant = second_leads, constant

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        first = self.first.rsample(sample_shape)
        return self._join(first, self._second(first).rsample())

    def log_prob(self, z: Tensor) -> Tensor:
        first, second = self._part(z)
        return self.first.log_prob(first) + self._second(first).log_prob(second)

    @property
    def mean(self) -> Tensor:
        return self._join(self.first.mean, self._at_fixed_noise().mean.mean(0))

    @property
    def variance(self) -> Tensor:
        second = self._at_fixed_noise()
        # of the average and on average
        variance = second.mean.var(0, correction=0) + second.variance.mean(0)
        return self._join(self.first.variance, variance)

    def detach(self) -> "Chain":
        """The same, with a gradient of ``log_prob(z)`` in z but not in any parameter."""
        return Chain(detach(self.first), self.second, self.second_dim, self.second_leads, True)

    def _second(self, first: Tensor) -> Distribution:
        return (frozen(self.second) if self.constant else self.second)(first)

    def _at_fixed_noise(self) -> Distribution:
        mean, deviation = self.first.mean, self.first.stddev
        u = fixed_noise(mean)
        return self._second(mean + deviation * u.view(len(u), *[1] * (mean.ndim - 1), -1))

    def _join(self, first: Tensor, second: Tensor) -> Tensor:
        return torch.cat((second, first) if self.second_leads else (first, second), dim=-1)

    def _part(self, z: Tensor) -> tuple[Tensor, Tensor]:
        first_dim = self.event_shape[0] - self.second_dim
        if self.second_leads:
            second, first = z.split((self.second_dim, first_dim), dim=-1)
        else:
            first, second = z.split((first_dim, self.second_dim), dim=-1)
        return first, second
