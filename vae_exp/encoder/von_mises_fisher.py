"""The von Mises-Fisher posterior, on the sphere."""

from vae_exp.distribution.von_mises_fisher import VonMisesFisher as VonMisesFisherDistribution
from vae_exp.encoder.axial import Axial


class VonMisesFisher(Axial):
    """q(z|x) ∝ exp(κ(x) μ(x)ᵀz) on the sphere S^d, for prior=uniform_sphere.

    Source: Davidson et al. 2018, "Hyperspherical variational auto-encoders", arXiv 1804.00891.
    """

    family = VonMisesFisherDistribution
    rejects = True  # draws, and how many are left is for the host to know
