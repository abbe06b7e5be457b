"""The classes of a file's rows, by number or by name."""

from collections.abc import Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

Labels = Tensor | numpy.ndarray  # whole numbers, or names


def read_labels(y: Any, count: int, key: str) -> Labels:
    """The classes of ``count`` rows, (N,): integers, or names as they are in the file.

    Raises:
        ValueError: naming ``key``, where they are neither, or another number of them.
    """
    array = numpy.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    odd = array[~_are_classes(array)]
    if array.shape != (count,) or array.dtype.kind not in "biufUS" or len(odd):
        such = f", such as {odd[0]}" if len(odd) else ""
        raise ValueError(
            f"{key}: expected y to be {count} integers or strings, a class for each row of x, got "
            f"{array.dtype} of shape {array.shape}{such}; leave y out of the file if it is no class"
        )
    if array.dtype.kind == "S":
        array = numpy.char.decode(array, "utf-8", "replace")
    return array if array.dtype.kind == "U" else torch.from_numpy(array.astype(numpy.int64))


def _are_classes(array: numpy.ndarray) -> numpy.ndarray:
    """Which numbers are whole and have a place in 64 bits, but for what stands for unknown; words
    all are."""
    if array.dtype.kind not in "iuf":
        return numpy.ones(array.shape, dtype=bool)
    wide = array.astype(numpy.float64) if array.dtype.kind == "f" else array
    return (wide == wide.round()) & (wide > -(2**63)) & (wide < 2**63)


def as_classes(parts: Sequence[Labels]) -> tuple[list[Tensor], list[str]]:
    """The classes by number, and the names that numbers 0, 1, ... stand for, in their order.

    The same name has the same number in all parts.
    """
    if all(isinstance(y, Tensor) for y in parts):
        return list(parts), []
    together = numpy.concatenate([numpy.asarray(y).astype(str) for y in parts])
    names, numbers = numpy.unique(together, return_inverse=True)
    return list(torch.from_numpy(numbers).split([len(y) for y in parts])), names.tolist()
