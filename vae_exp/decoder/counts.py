"""What the likelihoods of counts have in common."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.distributions import Distribution, constraints

from vae_exp.decoder import Decoder
from vae_exp.decoder.offset import OFFSETS, Offset


class Counts(Decoder):
    """A likelihood of counts, whose mean comes from the first output of the network.

    A subclass says in ``with_mean`` what the others mean.

    Args:
        x_shape, z_dim, network: see ``Decoder``.
        offset: ``none``, where the output is the log of the mean m; ``library``, where m is a share
            of the total of x, see ``offset.Library``.
    """

    support = constraints.nonnegative_integer

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        offset: Offset,
    ):
        super().__init__(x_shape, z_dim, network)
        self.offset = OFFSETS[offset](self.event_ndims)

    def setup(self, x: Tensor, size: int) -> None:
        """See training data x (N, X)."""
        self.offset.setup(x)

    def components(self, raw_mean: Tensor, *raw: Tensor) -> Distribution:
        return self.offset(lambda log_mean: self.with_mean(log_mean, *raw), raw_mean)

    def with_mean(self, log_mean: Tensor, *raw: Tensor) -> Distribution:
        """The distribution of each component, batch (*, X), from log m and the other outputs."""
        raise NotImplementedError
