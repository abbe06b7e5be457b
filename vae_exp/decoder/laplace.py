"""The Laplace likelihood, for real data with heavy tails."""

from torch import Tensor
from torch.distributions import Laplace as LaplaceDistribution

from vae_exp.decoder.location_scale import LocationScale


class Laplace(LocationScale):
    """p(x|z) = Π_i exp(−|x_i − loc_i(z)| / scale_i) / (2 scale_i)."""

    family = LaplaceDistribution
    # the scale that maximises the likelihood is the mean absolute residual itself
    moment = staticmethod(Tensor.abs)
    scale_of_moment = staticmethod(Tensor.clone)
