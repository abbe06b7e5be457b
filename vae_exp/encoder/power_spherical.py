"""The power spherical posterior."""

from vae_exp.distribution.power_spherical import PowerSpherical as PowerSphericalDistribution
from vae_exp.encoder.axial import Axial


class PowerSpherical(Axial):
    """q(z|x) ∝ (1 + μ(x)ᵀz)^κ(x) on the sphere S^d, for prior=uniform_sphere.

    Source: De Cao and Aziz 2020, "The power spherical distribution", arXiv 2006.04437.
    """

    family = PowerSphericalDistribution
