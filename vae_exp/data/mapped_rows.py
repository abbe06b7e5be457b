"""Rows of a large array that stay where they are, in a file, until they are asked for."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy
import torch
from torch import Tensor

LARGE = 2**30  # bytes from which on an array is not copied
NUMBERS = 2**20  # that are looked at together at most


class MappedRows:
    """Some rows of x (N, X), with what ``Data`` needs of a tensor.

    Args:
        x: mapped into memory, so that only rows that are read come from the disk.
        index: which of its rows these are, (M,).
        dtype: the type in which they are given out; NaN is 0 in one of whole numbers.
        factor: what they are multiplied by, and then rounded, or none.
    """

    device = torch.device("cpu")

    def __init__(self, x: Tensor, index: Tensor, dtype: torch.dtype, factor: float | None = None):
        self.x, self.index, self.dtype, self.factor = x, index, dtype, factor
        self.shape = torch.Size((len(index), *x.shape[1:]))
        self.nbytes = self.shape.numel() * dtype.itemsize

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows: slice) -> Tensor:
        return self.index_select(0, torch.arange(len(self))[rows])

    def index_select(self, dim: int, rows: Tensor) -> Tensor:
        x = self.x.index_select(dim, self.index[rows])
        x = x if self.factor is None else (x * self.factor).round()
        whole = x.is_floating_point() and not self.dtype.is_floating_point
        return (x.nan_to_num(0.0) if whole else x).to(self.dtype)

    def split(self, size: int) -> Iterator[Tensor]:
        return (self[start : start + size] for start in range(0, len(self), size))

    def dim(self) -> int:
        return len(self.shape)

    def max(self) -> Tensor:
        return torch.stack([part.max() for part in self.split(1000)]).max()

    def unsqueeze(self, dim: int) -> "MappedRows":
        return MappedRows(self.x.unsqueeze(dim), self.index, self.dtype, self.factor)

    def to(self, where: torch.dtype | torch.device) -> "MappedRows | Tensor":
        """Of that type from now on; or on that device, which on the CPU they are."""
        if isinstance(where, torch.dtype):
            return MappedRows(self.x, self.index, where, self.factor)
        return self if where.type == "cpu" else self[:].to(where)

    def times(self, factor: float, dtype: torch.dtype) -> "MappedRows":
        """Multiplied and rounded to whole numbers of that type, when they are read."""
        return MappedRows(self.x, self.index, dtype, factor)


def map_file(file: Path) -> numpy.ndarray:
    """The array of a .npy file, which is not read before its rows are.

    A small one may be written to, which leaves the file as it is. Linux refuses that of a file
    larger than the memory, for all of it might be.
    """
    return numpy.load(file, mmap_mode="r" if file.stat().st_size >= LARGE else "c")


def in_parts(x: Tensor | MappedRows, most: int) -> Iterable[Tensor]:
    """Rows of x (N, X), so many at a time at most, and few enough for the memory."""
    return x.split(max(1, min(most, NUMBERS // max(1, x.shape[1:].numel()))))


def select(x: Tensor, index: Tensor) -> Tensor | MappedRows:
    """The rows of x (N, X) at ``index``, copied where x is not large."""
    if x.nbytes >= LARGE:
        return MappedRows(x, index, x.dtype)
    return x[index].contiguous()
