"""Arrays of numpy as tensors of torch, whatever their type."""

import warnings

import numpy
import torch
from torch import Tensor


def as_tensor(array: numpy.ndarray) -> Tensor:
    """The same numbers, in the same memory where torch has the type, to be read and not written to.

    Raises:
        TypeError: they are no numbers, or complex.
    """
    if array.dtype.kind not in "biuf":
        raise TypeError(f"numbers of type {array.dtype}")
    if array.dtype.kind == "u" and array.itemsize > 1:
        array = array.astype(numpy.int64)  # torch can do little with wider ones
    if array.dtype.kind == "f" and array.itemsize > 8:
        array = array.astype(numpy.float64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))
