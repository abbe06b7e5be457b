"""Mean and standard deviation of each component of the training data."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_exp.data.mapped_rows import MappedRows, in_parts

TOGETHER = 10_000  # rows looked at at a time at most, of data that may be larger than the memory
NAMED = 5  # components
LARGEST, SMALLEST = 10.0, 0.01  # of a mean and a standard deviation; of the latter


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and standard deviation of each component where it is known, in double precision: what
    ``data.missing`` hides afterwards counts too, as in experiments with what is missing it does.

    Args:
        mean, std: of shape X. The standard deviation is 0 where there is but one value.
    """

    mean: Tensor
    std: Tensor

    @property
    def loc(self) -> Tensor:
        """What standardised data have subtracted."""
        return self.mean.float()

    @property
    def scale(self) -> Tensor:
        """What standardised data are divided by: 1 in the place of a standard deviation of 0."""
        return torch.where(self.std > 0, self.std, 1.0).float()

    @property
    def constant(self) -> list[list[int]]:
        """The places of the components of one value."""
        return (self.std == 0).nonzero().tolist()

    @property
    def wild(self) -> list[list[int]]:
        """The places of the components that are far from mean 0 and standard deviation 1.

        A network begins with outputs of about 0, and one scale may be learned for all: what is of
        the size of 50,000 has to be reached in steps of the size of the learning rate.
        """
        mean, std = self.mean, self.std
        wild = (mean.abs() > LARGEST) | (std > LARGEST) | ((std > 0) & (std < SMALLEST))
        return wild.nonzero().tolist()

    def said(self, places: list[list[int]]) -> str:
        """Some components with their moments, for a message."""
        named = [
            f"{place[0] if len(place) == 1 else tuple(place)} "
            f"({self.mean[*place]:.4g} ± {self.std[*place]:.2g})"
            for place in places[:NAMED]
        ]
        more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
        return ", ".join(named) + more


def moments(x: Tensor | MappedRows) -> Moments:
    """Those of x (N, X); components that are NaN are passed over.

    Around the first rows' mean, so that nothing cancels where it is large beside the deviation.
    """
    center, total, squares, count = None, 0.0, 0.0, 0
    for rows in in_parts(x, TOGETHER):
        rows = rows.double()
        if center is None:
            center = rows.nanmean(0).nan_to_num(0.0)
        seen, rest = ~rows.isnan(), (rows - center).nan_to_num(0.0)
        count = count + seen.sum(0)
        total, squares = total + rest.sum(0), squares + rest.square().sum(0)
    count = count.clamp(min=1)
    mean = total / count
    variance = (squares / count - mean.square()).clamp(min=0)
    # equal numbers have a mean that is rounded
    constant = variance <= (torch.finfo(torch.double).eps * 16 * (center + mean)).square()
    return Moments(center + mean, variance.sqrt().masked_fill(constant, 0.0))
