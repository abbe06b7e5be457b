"""The power spherical distribution."""

import torch
from torch import Tensor
from torch.distributions import Gamma

from vae_exp.distribution.axial import Axial

NEAREST = 1 - 1e-7  # to the antipode of μ, where the density is 0


class PowerSpherical(Axial):
    """q(z) ∝ (1 + μᵀz)^κ on the sphere S^d: T = log((1 + cos θ)/2).

    (1 + μᵀz)/2 ~ Beta(κ + d/2, d/2), so that nothing is rejected.

    Args:
        loc: μ, (*, d + 1), of length 1.
        concentration: κ > 0, (*,).

    Source: De Cao and Aziz 2020, arXiv 2006.04437.
    """

    @staticmethod
    def statistic(angle: Tensor) -> Tensor:
        return (-(angle / 2).sin().square()).log1p()

    @staticmethod
    def statistic_of_chord(square: Tensor) -> Tensor:
        return (-(square / 4).clamp(max=NEAREST)).log1p()

    def _normalizer(self, kappa: Tensor) -> tuple[Tensor, Tensor]:
        half = torch.full_like(kappa, self.dim / 2)
        start = half.lgamma() - (2 * half).lgamma()
        log_normalizer = (kappa + half).lgamma() - (kappa + 2 * half).lgamma() - start
        return log_normalizer, (kappa + half).digamma() - (kappa + 2 * half).digamma()

    def _cosine_moments(self) -> tuple[Tensor, Tensor]:
        total = self._kappa + self.dim
        cosine = self._kappa / total
        variance = (2 * self._kappa + self.dim) * self.dim / (total.square() * (total + 1))
        return cosine, cosine.square() + variance

    def _peak(self, kappa: Tensor) -> tuple[Tensor, Tensor]:
        cosine = kappa / (self.dim - 1 + kappa)
        other = self.dim - 1 + kappa if self.dim > 1 else 0
        return cosine, (kappa + other) / (1 + cosine)

    def _draw_angle(self, kappa: Tensor) -> Tensor:
        half, one = torch.full_like(kappa, self.dim / 2), torch.ones_like(kappa)
        near = Gamma(kappa + half, one, validate_args=False).sample()
        far = Gamma(half, one, validate_args=False).sample()
        return 2 * (far / near).sqrt().atan()
