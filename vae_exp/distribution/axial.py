"""Distributions on the sphere that are symmetric around one direction."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints
from torch.nn import functional

from vae_exp.distribution.angle import ReparametrizedAngle
from vae_exp.distribution.double import double
from vae_exp.distribution.sphere import Sphere


class Axial(Distribution):
    """q(z) = u(z) exp(κ T(θ) − Λ(κ)), u uniform on the sphere S^d, θ the angle of z and μ.

    A subclass has T, Λ and Λ' = E[T], the moments of cos θ, a sampler of θ, and the mode and the
    width of its density. z = μ cos θ + v sin θ, with v uniform among the directions across μ;
    the gradient is that of θ in κ, see ``ReparametrizedAngle``, and of μ by the rotation that takes
    μ along and no other direction, which is exact for any distribution that turns with its axis,
    and bounded.

    ``mean`` is E[z], which is inside the sphere; ``mode`` is μ. What depends on κ alone is worked
    out in double precision.

    Args:
        loc: μ, (*, d + 1), of length 1.
        concentration: κ > 0, (*,).
    """

    arg_constraints: ClassVar = {}
    has_rsample = True

    def __init__(self, loc: Tensor, concentration: Tensor):
        self.loc, self.concentration = loc, concentration
        self.dim = loc.shape[-1] - 1
        super().__init__(concentration.shape, loc.shape[-1:], validate_args=False)
        self._kappa = double(concentration)
        self._log_normalizer, self._expected = self._normalizer(self._kappa)

    @property
    def support(self) -> constraints.Constraint:
        return Sphere(self.dim)

    @staticmethod
    def statistic(angle: Tensor) -> Tensor:
        """T(θ) ≤ 0 = T(0)."""
        raise NotImplementedError

    @staticmethod
    def statistic_of_chord(square: Tensor) -> Tensor:
        """T of |z − μ|² = 2 − 2 cos θ, which is exact near μ where cos θ is not."""
        raise NotImplementedError

    def _normalizer(self, kappa: Tensor) -> tuple[Tensor, Tensor]:
        """Λ(κ), and E[T]."""
        raise NotImplementedError

    def _cosine_moments(self) -> tuple[Tensor, Tensor]:
        """E[cos θ] and E[cos² θ]."""
        raise NotImplementedError

    def _draw_angle(self, kappa: Tensor) -> Tensor:
        """θ of the shape of κ."""
        raise NotImplementedError

    def _peak(self, kappa: Tensor) -> tuple[Tensor, Tensor]:
        """cos θ at the mode of the density of θ, and the curvature of its logarithm there."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def mean(self) -> Tensor:
        return self.loc * self._cosine_moments()[0].to(self.loc).unsqueeze(-1)

    @property
    def variance(self) -> Tensor:
        """Of each coordinate, (*, d + 1)."""
        cosine, square = self._cosine_moments()
        across = ((1 - square) / self.dim).unsqueeze(-1)
        along = (square - cosine.square()).unsqueeze(-1)
        variance = across + (along - across) * double(self.loc).square()
        return variance.clamp(min=0).to(self.loc)

    def kl_to_uniform(self) -> Tensor:
        """KL(q ‖ u) = κ E[T] − Λ(κ) in nats, (*,)."""
        return (self._kappa * self._expected - self._log_normalizer).to(self.loc)

    def entropy(self) -> Tensor:
        return self.support.log_area - self.kl_to_uniform()

    def log_prob(self, z: Tensor) -> Tensor:
        chord = (z - self.loc).square().sum(-1)
        constant = (self._log_normalizer + self.support.log_area).to(self.loc)
        return self.concentration * self.statistic_of_chord(chord) - constant

    @torch.compiler.disable  # a loop until all are accepted, and one over the nodes of an integral
    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with torch.no_grad():
            angle = self._draw_angle(self._kappa.expand(shape[:-1]))
            cosine, curvature = self._peak(self._kappa)
            across = self._directions(shape)
        angle = ReparametrizedAngle.apply(
            angle,
            self._kappa,
            self._expected.detach(),
            cosine.clamp(-1, 1).acos(),
            curvature.rsqrt(),
            self.dim,
            self.statistic,
        )
        # nothing is taken off, but as μ turns, v turns with it
        across = across - (across * self.loc).sum(-1, keepdim=True) * self.loc.detach()
        cosine, sine = angle.cos().to(self.loc), angle.sin().to(self.loc)
        return cosine.unsqueeze(-1) * self.loc + sine.unsqueeze(-1) * across

    def _directions(self, shape: torch.Size) -> Tensor:
        """Uniform among the unit vectors across μ, of this shape."""
        across = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        for _ in range(2):  # what is left of μ after the first time is of rounding
            across = across - (across * self.loc).sum(-1, keepdim=True) * self.loc
            across = functional.normalize(across, dim=-1)
        return across
