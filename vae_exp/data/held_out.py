"""Data that are held out of training."""

import torch
from torch import Tensor

from vae_exp.data import seeded


def how_many(size: int | float, count: int) -> int | float:
    """``size`` itself, or that share of ``count`` where it is below 1, of which at least two."""
    return max(2, round(size * count)) if 0 < size < 1 else size


def hold_out(index: Tensor, size: int | float, seed: int, key: str) -> tuple[Tensor, Tensor]:
    """Split off ``size`` entries at random, the same ones for the same seed: (rest, held out).

    Raises:
        ValueError: naming ``key``, where there are not that many, or it is no number of data.
    """
    if len(index) < 4:
        raise ValueError(
            f"{key}: expected four data or more to hold some out of, two for each part, got "
            f"{len(index)}; make the other parts smaller"
        )
    if not 2 <= size <= len(index) - 2:  # a standard error needs two
        raise ValueError(f"{key}: expected a number from 2 to {len(index) - 2}, got {size}")
    count = int(size)
    if count != size:
        raise ValueError(f"{key}: expected a whole number, or a share below 1, got {size}")
    order = torch.randperm(len(index), generator=seeded(seed))
    return index[order[count:]], index[order[:count]]


def three_splits(count: int, validation_size: int, test_size: int, seed: int) -> dict[str, Tensor]:
    """The indices below ``count`` of each of ``SPLITS``, at random.

    Raises:
        ValueError: a size out of range.
    """
    rest, test = hold_out(torch.arange(count), test_size, seed, "data.test_size")
    train, validation = hold_out(rest, validation_size, seed, "data.validation_size")
    return {"train": train, "validation": validation, "test": test}
