"""The Poisson likelihood, for counts."""

from torch import Tensor
from torch.distributions import Poisson as PoissonDistribution
from torch.distributions import constraints

from vae_exp.decoder import Decoder
from vae_exp.decoder.rate import log_rate


class Poisson(Decoder):
    """p(x|z) = Π_i exp(−rate_i(z)) rate_i(z)^x_i / x_i!, log rate from the network.

    The rate stays within (3e-7, 3.3e6).

    Args:
        x_shape, z_dim, network: see ``Decoder``.
    """

    support = constraints.nonnegative_integer

    def components(self, raw: Tensor) -> PoissonDistribution:
        return PoissonDistribution(log_rate(raw).exp(), validate_args=False)
