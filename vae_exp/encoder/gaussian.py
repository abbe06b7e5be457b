"""The Gaussian posterior with a diagonal covariance."""

from torch.distributions import Normal

from vae_exp.encoder.location_scale import LocationScale


class Gaussian(LocationScale):
    """q(z|x) = N(z | loc(x), diag scale(x)²)."""

    family = Normal
