"""Arrays of numpy as tensors of torch, whatever their type."""

import numpy
import torch
from torch import Tensor


def as_tensor(array: numpy.ndarray) -> Tensor:
    """The same numbers, in the same memory where torch has the type.

    Raises:
        TypeError: they are no numbers, or complex.
    """
    if array.dtype.kind not in "biuf":
        raise TypeError(f"numbers of type {array.dtype}")
    if array.dtype.kind == "u" and array.itemsize > 1:
        array = array.astype(numpy.int64)  # torch can do little with wider ones
    if array.dtype.kind == "f" and array.itemsize > 8:
        array = array.astype(numpy.float64)
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))
