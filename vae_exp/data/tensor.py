"""Arrays of numpy and tensors, whatever their type, as tensors that torch can count with."""

import warnings

import numpy
import torch
from torch import Tensor

FEW_OPERATIONS = (torch.uint16, torch.uint32, torch.uint64)  # that torch has for these


def as_tensor(array: numpy.ndarray | Tensor) -> Tensor:
    """The same numbers, in the same memory where torch can count with the type, to be read and not
    written to. Wide unsigned ones become int64, or float64 where that has no place for them.

    Raises:
        TypeError: they are no numbers, or complex, or not one for each place, as in sparse tensors.
    """
    tensor = array if isinstance(array, Tensor) else _of_numpy(array)
    if tensor.is_complex():
        raise TypeError(f"numbers of type {tensor.dtype}")
    if tensor.layout != torch.strided or tensor.is_nested:
        nested = ", nested" * tensor.is_nested
        raise TypeError(f"a tensor of layout {tensor.layout}{nested}; use a dense one")
    if tensor.is_quantized:
        return tensor.dequantize()
    if tensor.dtype in FEW_OPERATIONS:
        signed = tensor.to(torch.int64)
        return tensor.double() if (signed < 0).any() else signed
    return tensor.float() if tensor.is_floating_point() and tensor.itemsize == 1 else tensor


def as_array(values: object) -> numpy.ndarray:
    """Values of a file, numbers or words, as an array of numpy.

    Raises:
        TypeError, ValueError: they are none.
    """
    if not isinstance(values, Tensor):
        return numpy.asarray(values)
    tensor = as_tensor(values).detach()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _of_numpy(array: numpy.ndarray) -> Tensor:
    if array.dtype.kind not in "biuf":
        raise TypeError(f"numbers of type {array.dtype}")
    if array.dtype.kind == "f" and array.itemsize > 8:
        array = array.astype(numpy.float64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))
