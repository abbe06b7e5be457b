"""One linear map."""

import math

from torch import Tensor, nn


class Linear(nn.Module):
    """y = W x + b between the flattened shapes: with Gaussians, probabilistic PCA.

    Args:
        in_shape, out_shape: event shapes.
    """

    def __init__(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]):
        super().__init__()
        self.in_ndims, self.out_shape = len(in_shape), out_shape
        self.linear = nn.Linear(math.prod(in_shape), math.prod(out_shape))

    def forward(self, x: Tensor) -> Tensor:
        """(*, in_shape) to (*, out_shape)."""
        return self.linear(x.flatten(-self.in_ndims)).unflatten(-1, self.out_shape)
