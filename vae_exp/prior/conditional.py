"""A Gaussian prior that depends on the condition."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.distributions import Independent, Normal

from vae_exp.distribution.positive import bounded_exp


class Conditional(nn.Module):
    """p(z|c) = N(z | loc(c), diag scale(c)²), loc and log scale from one network.

    The scale stays within (9e-4, 1.1e3).

    Args:
        c_shape: of what is seen of the condition.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.

    Source: Sohn et al. 2015, "Learning structured output representation using deep conditional
        generative models".
    """

    def __init__(
        self,
        c_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__()
        self.network = network(c_shape, (2 * z_dim,))

    def forward(self, c: Tensor) -> Independent:
        """p(z|c), batch (*,), event (Z,), for c (*, ``c_shape``)."""
        loc, log_scale = self.network(c).chunk(2, dim=-1)
        normal = Normal(loc, bounded_exp(log_scale), validate_args=False)
        return Independent(normal, 1, validate_args=False)
