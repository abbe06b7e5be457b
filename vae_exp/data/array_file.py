"""The arrays in a .npy, .npz or .pt file."""

from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor


def read(path: str | None, key: str) -> tuple[Tensor, Tensor | None]:
    """The rows x, (N, X), and their classes y, (N,), if the file has them.

    Of several arrays in a .npz or .pt file these are called x and y; a single one may have any
    name. A .npy file is mapped, not read: rows come from the disk when they are copied.

    Raises:
        ValueError: naming ``key``, where there is no such file or it does not read.
    """
    if path is None:
        raise ValueError(f"{key}: expected the path of a .npy, .npz or .pt file, got null")
    file = Path(path).expanduser()
    if file.suffix not in READERS:
        raise ValueError(f"{key}: expected a .npy, .npz or .pt file, got {file}")
    try:
        arrays = READERS[file.suffix](file)
    except Exception as error:  # torch and numpy have many words for a file that is not theirs
        reason = str(error).split("\n")[0] or type(error).__name__
        if "pickle" in reason:  # numpy would have it loaded unsafely
            reason = "not an array, or one of Python objects"
        raise ValueError(f"{key}: expected a file that reads, got {file}: {reason}") from error
    if not isinstance(arrays, dict):
        arrays = {"x": arrays}
    if len(arrays) == 1:
        arrays = {"x": next(iter(arrays.values()))}
    if "x" not in arrays:
        raise ValueError(
            f"{key}: expected arrays called x and, for labels, y in {file}, got "
            f"{', '.join(map(str, arrays))}; rename them"
        )
    x = _tensor(arrays["x"], f"{key}: expected x")
    if "y" not in arrays:
        return x, None
    y = _tensor(arrays["y"], f"{key}: expected y")
    if y.shape != x.shape[:1] or y.is_floating_point():
        raise ValueError(
            f"{key}: expected y to be {len(x)} integers, a class for each row of x, got "
            f"{y.dtype} of shape {tuple(y.shape)}"
        )
    return x, y


def _npz(file: Path) -> dict[str, numpy.ndarray]:
    with numpy.load(file) as arrays:
        return dict(arrays)


# copy on write: what is mapped may be written to, but the file stays as it is
READERS = {
    ".npy": lambda file: numpy.load(file, mmap_mode="c"),
    ".npz": _npz,
    ".pt": lambda file: torch.load(file, map_location="cpu", weights_only=True),
}


def _tensor(array: Any, expected: str) -> Tensor:
    if isinstance(array, numpy.ndarray) and array.dtype.kind in "biuf":
        if array.dtype.kind == "u" and array.itemsize > 1:
            array = array.astype(numpy.int64)  # torch can do little with wider ones
        array = torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))
    if not isinstance(array, Tensor) or array.is_complex() or array.is_sparse or array.dim() < 1:
        got = getattr(array, "dtype", type(array).__name__)
        raise ValueError(f"{expected} to be an array of numbers (N, X), got {got}")
    return array.to(torch.uint8) if array.dtype == torch.bool else array
