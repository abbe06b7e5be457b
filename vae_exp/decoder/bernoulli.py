"""The Bernoulli likelihood, for binary data."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import Independent, constraints


class Bernoulli(nn.Module):
    """p(x|z) = Π_i π_i(z)^x_i (1 − π_i(z))^(1 − x_i), x in {0, 1}, logits from the network.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
    """

    support = constraints.boolean

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__()
        self.event_ndims = len(x_shape)
        self.network = network((z_dim,), x_shape)

    def forward(self, z: Tensor) -> Independent:
        """p(x|z), batch (*,), event X, for z (*, Z)."""
        p_x = BernoulliDistribution(logits=self.network(z), validate_args=False)
        return Independent(p_x, self.event_ndims, validate_args=False)
