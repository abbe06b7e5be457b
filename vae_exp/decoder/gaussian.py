"""The Gaussian likelihood, for real data."""

from torch import Tensor
from torch.distributions import Normal

from vae_exp.decoder.location_scale import LocationScale


class Gaussian(LocationScale):
    """p(x|z) = Π_i N(x_i | loc_i(z), scale_i²), normalised whatever the scale."""

    family = Normal
    # the scale that maximises the likelihood: σ² is the mean squared residual
    moment = staticmethod(Tensor.square)
    scale_of_moment = staticmethod(Tensor.sqrt)
