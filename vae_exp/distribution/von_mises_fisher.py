"""The von Mises-Fisher distribution."""

import torch
from torch import Tensor
from torch.distributions import Gamma

from vae_exp.distribution.axial import Axial
from vae_exp.distribution.bessel import LogBessel


class VonMisesFisher(Axial):
    """q(z) ∝ exp(κ μᵀz) on the sphere S^d: T = cos θ − 1.

    Angles are drawn by rejection, whose proposals depend on κ; the gradient is that of the angle's
    distribution, not of the proposal, and so needs no term for the acceptance. (The code of
    Davidson et al. has the proposal's gradient alone, which is biased.)

    Args:
        loc: μ, (*, d + 1), of length 1.
        concentration: κ > 0, (*,).

    Source: Davidson et al. 2018, arXiv 1804.00891; the sampler: Wood 1994, "Simulation of the von
        Mises Fisher distribution".
    """

    @staticmethod
    def statistic(angle: Tensor) -> Tensor:
        return -2 * (angle / 2).sin().square()

    @staticmethod
    def statistic_of_chord(square: Tensor) -> Tensor:
        return -square / 2

    def _normalizer(self, kappa: Tensor) -> tuple[Tensor, Tensor]:
        log_bessel, ratio = LogBessel.apply(kappa, (self.dim - 1) / 2)
        return log_bessel - kappa, ratio - 1

    def _cosine_moments(self) -> tuple[Tensor, Tensor]:
        cosine = 1 + self._expected
        return cosine, 1 - self.dim * cosine / self._kappa

    def _peak(self, kappa: Tensor) -> tuple[Tensor, Tensor]:
        twice = self.dim - 1 + torch.hypot(2 * kappa, torch.full_like(kappa, self.dim - 1))
        cosine = 2 * kappa / twice
        return cosine, kappa * cosine + (twice / 2 if self.dim > 1 else 0)

    def _draw_angle(self, kappa: Tensor) -> Tensor:
        angle, missing = torch.empty_like(kappa).flatten(), kappa.flatten()
        places = torch.arange(len(missing), device=kappa.device)
        while len(places):
            proposed, accepted = self._propose(missing)
            angle[places[accepted]] = proposed[accepted]
            places, missing = places[~accepted], missing[~accepted]
        return angle.view(kappa.shape)

    def _propose(self, kappa: Tensor) -> tuple[Tensor, Tensor]:
        """Angles, and whether each is accepted, which two in three are at least.

        With b as of Wood and e ~ Beta(d/2, d/2), cos θ = (1 − (1 + b) e) / (1 − (1 − b) e), which
        is tan²(θ/2) = b e / (1 − e): exact near μ.
        """
        d = self.dim
        b = d / (2 * kappa + torch.hypot(2 * kappa, torch.full_like(kappa, d)))
        gamma = Gamma(torch.full_like(kappa, d / 2), torch.ones_like(kappa), validate_args=False)
        tangent = b * gamma.sample() / gamma.sample()  # tan²(θ/2)
        cosine, best = (1 - tangent) / (1 + tangent), (1 - b) / (1 + b)
        inside = ((1 - best * cosine) / (1 - best.square())).log()
        accepted = kappa * (cosine - best) + d * inside >= torch.rand_like(kappa).log()
        return 2 * tangent.sqrt().atan(), accepted
