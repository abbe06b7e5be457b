"""What the numbers of an array are: bits, grey levels, counts, numbers in [0, 1], any numbers."""

from typing import Literal

import torch
from torch import Tensor

from vae_exp.data.mapped_rows import MappedRows

ROWS = 10_000  # looked at together, of files that may be larger than the memory

Kind = Literal["images", "real", "unit", "counts", "bits"]


def infer_kind(x: Tensor) -> Kind:
    """Bits where all are 0 or 1; images of bytes with three or more axes; else counts, unit, real.

    The first that fits.
    """
    if _fits(x, "bits"):
        return "bits"
    if x.dtype == torch.uint8 and x.dim() >= 3:
        return "images"
    return next((kind for kind in ("counts", "unit") if _fits(x, kind)), "real")


def to_stored_type(x: Tensor | MappedRows, kind: Kind) -> Tensor | MappedRows:
    """The numbers in the type that they are kept in.

    Raises:
        ValueError: they are not of the kind.
    """
    for number, part in enumerate(x.split(ROWS)):
        odd = ~part.isfinite()
        if odd.any():
            row = number * ROWS + int(odd.flatten(1).any(1).nonzero()[0])
            raise ValueError(
                f"data.path: expected finite numbers, got some that are not, the first in row "
                f"{row} of a split; change the file"
            )
        if not FITS[kind](part):
            raise ValueError(
                f"data.kind: expected {DESCRIPTION[kind]} for kind {kind}, got {x.dtype} from "
                f"{part.min().item():.4g} to {part.max().item():.4g}; set another data.kind, or "
                "change the file"
            )
    return x.to(STORED[kind])


def _fits(x: Tensor, kind: Kind) -> bool:
    return all(FITS[kind](part) for part in x.split(ROWS))


def _whole(x: Tensor) -> bool:
    return not x.is_floating_point() or bool((x == x.round()).all())


def _between(x: Tensor, low: float, high: float) -> bool:
    return bool(((x >= low) & (x <= high)).all())


LARGEST_COUNT = 2**24  # up to there each has a float32 of its own

FITS = {
    "bits": lambda x: bool(((x == 0) | (x == 1)).all()),
    "images": lambda x: _between(x, 0, 255) and _whole(x),
    "counts": lambda x: _between(x, 0, LARGEST_COUNT) and _whole(x),
    "unit": lambda x: _between(x, 0, 1),
    "real": lambda x: bool(x.isfinite().all()),
}
DESCRIPTION = {
    "bits": "0 and 1",
    "images": "whole numbers from 0 to 255",
    "counts": f"whole numbers from 0 to {LARGEST_COUNT}",
    "unit": "numbers from 0 to 1",
    "real": "finite numbers",
}
STORED = {
    "bits": torch.uint8,
    "images": torch.uint8,
    "counts": torch.int32,
    "unit": torch.float32,
    "real": torch.float32,
}
