"""The Monte Carlo estimate whose gradient vanishes where q is the exact posterior."""

from torch import Tensor
from torch.distributions import Distribution

from vae_exp.distribution.detach import detach
from vae_exp.kl.monte_carlo import MonteCarlo


class StickingTheLanding(MonteCarlo):
    """−log r with the parameters of q held constant: the gradient goes through the sample alone.

    What is left out, ∂ log q(z|x) / ∂ parameters at a fixed z, has mean zero, so the gradient
    stays unbiased, and has no variance where q(z|x) = p(z|x). The value is that of monte_carlo.
    Source: Roeder, Wu and Duvenaud 2017, arXiv 1703.09194.
    """

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        return super().per_latent(detach(q_z), p_z, z)
