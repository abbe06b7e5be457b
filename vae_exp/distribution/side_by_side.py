"""Components of different kinds."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution


class SideBySide(Distribution):
    """The components x_0, ..., x_{D−1}, batch (*, D), each with a distribution of its own.

    Args:
        parts: distributions of batch (*, D_p).
        order: (D,), where each component is among those of all parts, one after the other.
    """

    arg_constraints: ClassVar = {}

    def __init__(self, parts: Sequence[Distribution], order: Tensor):
        self.parts, self.order = tuple(parts), order
        self.places = order.argsort().split([part.batch_shape[-1] for part in parts])
        batch_shape = (*parts[0].batch_shape[:-1], len(order))
        super().__init__(torch.Size(batch_shape), validate_args=False)

    @property
    def mean(self) -> Tensor:
        return self._together([part.mean for part in self.parts])

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x_d), (*, D), of x (*, D)."""
        return self._together(
            [part.log_prob(x[..., place]) for part, place in zip(self.parts, self.places)]
        )

    @torch.no_grad()
    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self._together([part.sample(torch.Size(sample_shape)) for part in self.parts])

    def _together(self, numbers: list[Tensor]) -> Tensor:
        return torch.cat(numbers, -1)[..., self.order]
