"""What the numbers of an array are: bits, grey levels, counts, numbers in [0, 1], any numbers."""

from typing import Literal

import torch
from torch import Tensor

from vae_exp.data.mapped_rows import MappedRows
from vae_exp.data.numbers import Numbers

Kind = Literal["images", "real", "unit", "counts", "bits"]


def infer_kind(x: Tensor, numbers: Numbers, levels: int) -> Kind:
    """What rows x (N, X) are, of all of which ``numbers`` is known; the first that fits.

    Bits where all are 0 or 1; images where there are two axes or more to a row and the numbers are
    bytes, all k / L, or whole and up to L, but not all below L / 2, as counts may be; else counts,
    numbers in [0, 1], real numbers.
    """
    if fits(numbers, "bits"):
        return "bits"
    reaches_white = numbers.whole and numbers.low >= 0 and levels / 2 < numbers.high <= levels
    if x.dim() >= 3 and (x.dtype == torch.uint8 or numbers.levels or reaches_white):
        return "images"
    return next((kind for kind in ("counts", "unit") if fits(numbers, kind)), "real")


def other_reading(x: Tensor, numbers: Numbers, kind: Kind, levels: int) -> str:
    """What to set where counts are the grey levels of images after all."""
    if kind != "counts" or numbers.high > levels:
        return ""
    dark = "" if numbers.high > levels / 2 else f" data.levels={numbers.high:.0f}"
    if x.dim() >= 3:
        return f"; if they are grey levels, data.kind=images{dark}"
    for channels in (1, 3):
        side = round((x.shape[1] / channels) ** 0.5)
        if side >= 8 and channels * side**2 == x.shape[1]:
            shape = f"[{channels},{side},{side}]"
            return f"; if they are grey levels, data.kind=images data.shape={shape}{dark}"
    return ""


def to_stored_type(
    x: Tensor | MappedRows, numbers: Numbers, kind: Kind, levels: int
) -> Tensor | MappedRows:
    """The numbers in the type that they are kept in; images as whole numbers from 0 to L.

    Raises:
        ValueError: they are not of the kind.
    """
    if not fits(numbers, kind):
        raise ValueError(
            f"data.kind: expected {DESCRIPTION[kind].format(levels=levels)} for kind {kind}, got "
            f"{x.dtype} from {numbers.low:.4g} to {numbers.high:.4g}; set another data.kind, or "
            "change the file"
        )
    stored = STORED[kind]
    if kind != "images" or not numbers.levels:
        return x.to(stored)
    return x.times(levels, stored) if isinstance(x, MappedRows) else (x * levels).round().to(stored)


def fits(numbers: Numbers, kind: Kind) -> bool:
    """Whether all numbers are of the kind."""
    return FITS[kind](numbers)


LARGEST_COUNT = 2**24  # up to there each has a float32 of its own

FITS = {
    "bits": lambda n: n.whole and n.low >= 0 and n.high <= 1,
    "images": lambda n: n.levels or (n.whole and n.low >= 0 and n.high <= 255),
    "counts": lambda n: n.whole and n.low >= 0 and n.high <= LARGEST_COUNT,
    "unit": lambda n: n.low >= 0 and n.high <= 1,
    "real": lambda n: True,
}
DESCRIPTION = {
    "bits": "0 and 1",
    "images": "whole numbers from 0 to 255, or k/{levels} with such k (data.levels={levels})",
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
