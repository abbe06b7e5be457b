"""What there is to know of the numbers in a file, from one look at each."""

import math
from dataclasses import dataclass
from functools import reduce
from operator import or_

import torch
from torch import Tensor

from vae_exp.data.array_file import Rows
from vae_exp.data.mapped_rows import in_parts

TOGETHER = 10_000  # rows looked at at a time at most, of files that may be larger than the memory


@dataclass(frozen=True)
class Numbers:
    """Facts about all numbers of an array.

    Args:
        low, high: the least and the largest.
        whole: all are whole numbers.
        levels: all are k / L with whole k from 0 to L, and kept as floats.
        missing: how many are NaN, which are no numbers, and of which the rest says nothing.
    """

    low: float
    high: float
    whole: bool
    levels: bool
    missing: int = 0

    def __or__(self, other: "Numbers") -> "Numbers":
        """What is known of both together."""
        return Numbers(
            min(self.low, other.low),
            max(self.high, other.high),
            self.whole and other.whole,
            self.levels and other.levels,
            self.missing + other.missing,
        )


def look_at(rows: Rows, levels: int) -> Numbers:
    """Look at every number once, as it is in the file.

    Raises:
        ValueError: some are infinite, or beyond float32, with their number and place, or all NaN.
    """
    _check_finite(rows)
    parts = (part for part in in_parts(rows.x, TOGETHER) if not part.isnan().all())
    found = [_facts(part, levels) for part in parts]
    if not found:
        raise ValueError(f"{rows.key}: expected numbers, got {rows.place} of NaN alone")
    return reduce(or_, found)


def _facts(x: Tensor, levels: int) -> Numbers:
    missing = int(x.isnan().sum())
    x = x[~x.isnan()] if missing else x
    low, high = x.min().item(), x.max().item()
    floats = x.is_floating_point()
    whole = not floats or bool((x == x.round()).all())
    are_levels = floats and 0 <= low <= high <= 1 and _are_levels(x, levels)
    return Numbers(low, high, whole, are_levels, missing)


def _are_levels(x: Tensor, levels: int) -> bool:
    """Whether all are k / L, as near as the type can have them; a coarse one cannot tell."""
    tolerance = max(1e-3, levels * torch.finfo(x.dtype).eps)
    k = x.double() * levels
    return tolerance < 0.3 and bool(((k - k.round()).abs() <= tolerance).all())


def _check_finite(rows: Rows) -> None:
    if not rows.x.is_floating_point():
        return
    count, first, before = 0, None, 0
    for part in in_parts(rows.x, TOGETHER):
        odd = part.float().isinf()  # of float64, what is too large becomes infinite
        found = int(odd.sum())
        if found and first is None:
            row, *place = odd.nonzero()[0].tolist()
            first = part[row, *place].item(), before + row, place
        count, before = count + found, before + len(part)
    if first is None:
        return
    value, row, place = first
    column = f", column {place[0]}" if len(place) == 1 else f", at {place}" if place else ""
    where = f"the first, {value:.4g}, in row {row}{column} of {rows.place}, counted from 0"
    if math.isfinite(value):
        raise ValueError(
            f"{rows.key}: expected numbers up to 3.4e38, the largest float32, got {count} beyond "
            f"it, {where}; divide that column by a power of ten"
        )
    raise ValueError(
        f"{rows.key}: expected finite numbers, or NaN for missing ones, got {count} that are "
        f"not, {where}; leave those rows out"
    )
