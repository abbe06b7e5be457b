"""A network that takes more than one array."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


class Conditional(nn.Module):
    """f(x, c, ...) = network([x, c, ...]), side by side: any network of one array.

    Beside a vector, and for networks that flatten what they take, all are vectors in a row. Beside
    an image (C, H, W) they are channels, and beside a sequence (T, F) features of each step: of
    the same height, width or steps as they are, and else the same number everywhere.

    Args:
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
        shapes: event shapes of what comes besides x.
        in_shape, out_shape: event shapes, of x and of f.
    """

    def __init__(
        self,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        shapes: Sequence[tuple[int, ...]],
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
    ):
        super().__init__()
        self.in_shape, self.shapes = tuple(in_shape), [tuple(shape) for shape in shapes]
        # of a class, or of a partial of one
        self.flat = getattr(getattr(network, "func", network), "flat", False) or len(in_shape) == 1
        self.axis = -3 if len(in_shape) == 3 and not self.flat else -1
        joined = [math.prod(in_shape)] if self.flat else list(in_shape)
        joined[self.axis] += sum(self._width(shape) for shape in self.shapes)
        self.network = network(tuple(joined), tuple(out_shape))

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        """(*, out_shape) for x (*, in_shape) and others (B, shape), B the last of *, or one of both
        stands for each of the other."""
        own = x.ndim - len(self.in_shape)
        batches = [other.shape[: other.ndim - len(s)] for other, s in zip(others, self.shapes)]
        batch_shape = torch.broadcast_shapes(x.shape[:own], *batches)
        x = x.expand(*batch_shape, *x.shape[own:])
        pieces = [x.flatten(len(batch_shape)) if self.flat else x]
        for other, shape in zip(others, self.shapes, strict=True):
            piece = other if not self.flat else other.flatten(other.ndim - len(shape))
            event = piece.shape[other.ndim - len(shape) :]
            if not self.flat and not self._beside(shape):
                piece, event = self._everywhere(piece), self._spread(shape)
            pieces.append(piece.expand(*batch_shape, *event))
        return self.network(torch.cat(pieces, self.axis))

    def _beside(self, shape: tuple[int, ...]) -> bool:
        """Whether it has the height and width, or the steps, that x has."""
        own = list(self.in_shape)
        return len(shape) == len(own) and all(
            a == b for i, (a, b) in enumerate(zip(own, shape)) if i != len(own) + self.axis
        )

    def _width(self, shape: tuple[int, ...]) -> int:
        beside = not self.flat and self._beside(shape)
        return shape[self.axis] if beside else math.prod(shape)

    def _spread(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        event = list(self.in_shape)
        event[self.axis] = math.prod(shape)
        return tuple(event)

    def _everywhere(self, c: Tensor) -> Tensor:
        """(B, C) as (B, C, 1, 1) beside images, as (B, 1, C) beside sequences."""
        return c[..., None, None] if self.axis == -3 else c.unsqueeze(-2)
