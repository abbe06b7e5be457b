"""The splits of a data set, and the source of all that is drawn once for it."""

import torch

SPLITS = ("train", "validation", "test")


def seeded(seed: int) -> torch.Generator:
    """The source of all that is drawn once for a data set.

    Raises:
        ValueError: ``data.seed`` is out of range; torch would take a negative one for another.
    """
    if not 0 <= seed < 2**63:
        raise ValueError(f"data.seed: expected a whole number from 0, below 2^63, got {seed}")
    return torch.Generator().manual_seed(seed)
