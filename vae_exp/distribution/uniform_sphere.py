"""The uniform distribution on the sphere, and the KL to it. Importing this registers it."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints, register_kl
from torch.nn import functional

from vae_exp.distribution.axial import Axial
from vae_exp.distribution.sphere import Sphere


class UniformSphere(Distribution):
    """p(z) = 1 / area on the sphere S^d.

    Args:
        centre: its centre, 0, (d + 1,).
    """

    arg_constraints: ClassVar = {}

    def __init__(self, centre: Tensor):
        self.centre = centre
        super().__init__((), centre.shape, validate_args=False)

    @property
    def support(self) -> constraints.Constraint:
        return Sphere(len(self.centre) - 1)

    @property
    def mean(self) -> Tensor:
        return self.centre

    @property
    def variance(self) -> Tensor:
        return torch.full_like(self.centre, 1 / len(self.centre))

    def entropy(self) -> Tensor:
        return self.centre.new_tensor(self.support.log_area)

    def log_prob(self, z: Tensor) -> Tensor:
        return torch.zeros_like(z[..., 0]) - self.support.log_area

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        noise = torch.randn(
            self._extended_shape(sample_shape), dtype=self.centre.dtype, device=self.centre.device
        )
        return functional.normalize(noise, dim=-1)


@register_kl(Axial, UniformSphere)
def axial_to_uniform(q: Axial, p: UniformSphere) -> Tensor:
    """KL(q ‖ p) in nats.

    Raises:
        NotImplementedError: on another sphere, as torch has it for pairs without a closed form.
    """
    if q.event_shape != p.event_shape:
        raise NotImplementedError
    return q.kl_to_uniform()
