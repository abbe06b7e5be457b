"""The exact log-likelihood of a linear model, which is probabilistic PCA."""

import torch
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal

from vae_exp.decoder.gaussian import Gaussian
from vae_exp.decoder.scale import PerPixel
from vae_exp.network.linear import Linear
from vae_exp.prior.standard_normal import StandardNormal
from vae_exp.vae import VAE


@torch.no_grad()
def exact_log_likelihood(vae: VAE, x: Tensor) -> Tensor | None:
    """log N(x; b, W Wᵀ + σ² 1), of p(z) = N(0, 1) and p(x|z) = N(W z + b, σ² 1).

    Args:
        x: (B, X).

    Returns:
        nats, (B,), in double precision, or none where the model is another, or x has NaN.
    Source: Tipping and Bishop 1999, "Probabilistic Principal Component Analysis".
    """
    decoder = vae.decoder
    is_linear = (
        type(decoder) is Gaussian
        and type(decoder.network) is Linear
        and not isinstance(decoder.scale, PerPixel)
        and type(vae.prior) is StandardNormal
    )
    if not is_linear or x.isnan().any():
        return None
    # on the CPU, for not every device has double precision
    weight = decoder.network.layers.weight.cpu().double()
    loc = decoder.network.layers.bias.cpu().double()
    scale = decoder(x.new_zeros(decoder.z_dim)).base_dist.scale
    variance = scale.cpu().double().square().expand(x.shape[1:]).flatten()
    p_x = LowRankMultivariateNormal(loc, weight, variance, validate_args=False)
    return p_x.log_prob(x.cpu().flatten(1).double())
