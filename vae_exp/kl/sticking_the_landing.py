"""The Monte Carlo estimate whose gradient vanishes where q is the exact posterior."""

from torch import Tensor
from torch.distributions import Distribution

from vae_exp.distribution.detach import detach
from vae_exp.kl.monte_carlo import MonteCarlo


class StickingTheLanding(MonteCarlo):
    """−log r with the parameters of q held constant: the gradient goes through the sample alone.

    What is left out, ∂ log q(z|x) / ∂ parameters at a fixed z, has mean zero, so that the gradient
    of the ELBO stays unbiased, and has no variance where q(z|x) = p(z|x). Weighted by w, which
    depends on z, its mean is not zero: the gradient of a bound that weighs samples would be biased,
    so those objectives refuse it, and dreg is what it is for them. (Free bits and a capacity look
    at the batch's mean, for which this is the truer the larger the batch.) The value is that of
    monte_carlo.
    Source: Roeder, Wu and Duvenaud 2017, arXiv 1703.09194; the bias: Tucker et al. 2018,
        arXiv 1810.04152.
    """

    is_log_ratio = False  # its gradient is not that of −log r

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        return super().per_latent(detach(q_z), p_z, z)
