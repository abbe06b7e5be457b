"""The distribution of Gaussian noise that went through an invertible network."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, constraints

from vae_exp.distribution.fixed_noise import fixed_noise
from vae_exp.distribution.frozen import frozen


class Flow(Distribution):
    """The law of z = loc + scale · T(u; context), u ~ N(0, I), T invertible:

        log p(z) = log N(u | 0, I) − log |det ∂T/∂u| − Σ_d log scale_d

    The density of the last sample is remembered: ``log_prob`` of the very tensor that ``rsample``
    has returned costs nothing, though for some T it takes Z passes through the network for
    other values. That tensor must not have been changed in place. The value is the same, and so is
    the gradient in all that the sample came from.

    The mean and the variance have no closed form: they are averages over 128 points u that are
    always the same, see ``fixed_noise``; the mean is exact for an affine T.

    Args:
        bijection: ``bijection(value, context, sampling)`` is T(u) and log |det ∂T/∂u| for
            sampling, else T⁻¹ and its log-determinant, see ``Autoregressive``.
        loc, scale: (*, Z).
        context: what T depends on, (*, C), or none.
        constant: ``log_prob`` has no gradient in the parameters of T.
    """

    arg_constraints: ClassVar = {
        "loc": constraints.real_vector,
        "scale": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        bijection: nn.Module,
        loc: Tensor,
        scale: Tensor,
        context: Tensor | None,
        constant: bool = False,
    ):
        super().__init__(loc.shape[:-1], loc.shape[-1:], validate_args=False)
        self.bijection, self.constant = bijection, constant
        self.loc, self.scale, self.context = loc, scale, context
        normal = Normal(torch.zeros_like(loc), torch.ones_like(loc), validate_args=False)
        self.noise = Independent(normal, 1, validate_args=False)
        self._last: tuple[Tensor, Tensor] | None = None

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        u = self.noise.rsample(sample_shape)
        z, log_det = self._from_noise(u)
        self._last = z, self.noise.log_prob(u) - log_det
        return z

    def log_prob(self, z: Tensor) -> Tensor:
        # a sample drawn without gradient says nothing of the gradient in the parameters
        knows_gradient = z.requires_grad or not torch.is_grad_enabled()
        if self._last is not None and self._last[0] is z and knows_gradient:
            return self._last[1]
        u, log_det = self._map((z - self.loc) / self.scale, sampling=False)
        return self.noise.log_prob(u) + log_det - self.scale.log().sum(-1)

    @property
    def mean(self) -> Tensor:
        return self._at_fixed_noise().mean(0)

    @property
    def variance(self) -> Tensor:
        return self._at_fixed_noise().var(0, correction=0)

    def detach(self) -> "Flow":
        """The same, with a gradient of ``log_prob(z)`` in z but not in any parameter or context.

        It remembers no sample: how u depends on z has to be worked out.
        """
        context = None if self.context is None else self.context.detach()
        return Flow(self.bijection, self.loc.detach(), self.scale.detach(), context, True)

    def _at_fixed_noise(self) -> Tensor:
        u = fixed_noise(self.loc)
        u = u.view(len(u), *[1] * len(self.batch_shape), -1).expand(len(u), *self.loc.shape)
        return self._from_noise(u)[0]  # (N, *, Z)

    def _from_noise(self, u: Tensor) -> tuple[Tensor, Tensor]:
        y, log_det = self._map(u, sampling=True)
        return self.loc + self.scale * y, log_det + self.scale.log().sum(-1)

    def _map(self, value: Tensor, sampling: bool) -> tuple[Tensor, Tensor]:
        bijection = frozen(self.bijection) if self.constant else self.bijection
        return bijection(value, self.context, sampling)
