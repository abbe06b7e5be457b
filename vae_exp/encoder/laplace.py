"""The Laplace posterior."""

from torch.distributions import Laplace as LaplaceDistribution

from vae_exp.encoder.location_scale import LocationScale


class Laplace(LocationScale):
    """q(z|x) = Π_d exp(−|z_d − loc_d(x)| / scale_d(x)) / (2 scale_d(x))."""

    family = LaplaceDistribution
