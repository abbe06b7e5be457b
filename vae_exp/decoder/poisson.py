"""The Poisson likelihood, for counts."""

from torch import Tensor
from torch.distributions import Poisson as TorchPoisson

from vae_exp.decoder.counts import Counts
from vae_exp.distribution.double import double


class Poisson(Counts):
    """p(x|z) = Π_i exp(−rate_i(z)) rate_i(z)^x_i / x_i!, log rate from the network.

    The rate stays within (3e-7, 3.3e6). Counts are float32, which has whole numbers up to 1.6e7.

    Args:
        x_shape, z_dim, network, offset: see ``Counts``.
    """

    def with_mean(self, log_mean: Tensor) -> "PoissonDistribution":
        return PoissonDistribution(log_mean.exp(), validate_args=False)


class PoissonDistribution(TorchPoisson):
    """torch's, in double precision inside: x log rate, rate and log x! are of size x and cancel."""

    def log_prob(self, x: Tensor) -> Tensor:
        return super().log_prob(double(x)).to(x.dtype)
