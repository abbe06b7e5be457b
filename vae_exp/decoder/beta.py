"""The beta likelihood, for data between 0 and 1."""

from torch import Tensor
from torch.distributions import Beta as BetaDistribution
from torch.distributions import constraints

from vae_exp.decoder import Decoder
from vae_exp.distribution.double import double
from vae_exp.distribution.positive import bounded_exp


class BetweenZeroAndOne(constraints.Constraint):
    """0 < x < 1: where a beta density is finite and above 0, whatever its parameters."""

    def check(self, value: Tensor) -> Tensor:
        return (value > 0) & (value < 1)

    def __repr__(self) -> str:
        return "0 < x < 1 (as data.dequantize=true makes of grey levels)"


class Beta(Decoder):
    """p(x|z) = Π_i x_i^(a_i(z) − 1) (1 − x_i)^(b_i(z) − 1) / B(a_i(z), b_i(z)), 0 < x < 1.

    Both concentrations stay within (9e-4, 1.1e3), so that no step makes the density infinite at
    the data.

    Args:
        x_shape, z_dim, network: see ``Decoder``; the network gives log a and log b.
    """

    support = BetweenZeroAndOne()
    inside = 0.5
    outputs = 2

    def components(self, log_a: Tensor, log_b: Tensor) -> "BetaInDouble":
        return BetaInDouble(bounded_exp(log_a), bounded_exp(log_b), validate_args=False)


class BetaInDouble(BetaDistribution):
    """torch's, in double precision inside: a log x and log B(a, b) are of size a and cancel."""

    def log_prob(self, x: Tensor) -> Tensor:
        a, b = double(self.concentration1), double(self.concentration0)
        return BetaDistribution(a, b, validate_args=False).log_prob(double(x)).to(x.dtype)
