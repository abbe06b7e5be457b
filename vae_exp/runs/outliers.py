"""Which rows of a file are outliers, by what it has besides x."""

from collections.abc import Mapping
from typing import Any

import numpy
from torch import Tensor

from vae_exp.data.tensor import as_array


def marked(y: Any) -> numpy.ndarray | None:
    """y, (N,), where it is 1 and 0, some of both, and none where it is anything else."""
    return y.numpy() if isinstance(y, Tensor) and set(y.unique().tolist()) == {0, 1} else None


def read_outliers(beside: Mapping[str, Any], name: str, count: int) -> numpy.ndarray:
    """The array, or column, of that name: 1 for an outlier, 0 for another of the rows, (N,).

    Args:
        beside: what there is, by name.
        count: N.

    Raises:
        ValueError: there is no such, or something else in it.
    """
    if name not in beside:
        raise ValueError(
            f"--outliers: expected an array, or column, of the file, of "
            f"{', '.join(beside) or 'none'}, got {name}"
        )
    found = as_array(beside[name])
    found = found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
    fits = found.shape == (count,)
    empty = [v is None or (v == v) is not True for v in found.tolist()] if fits else []
    if any(empty):
        raise ValueError(
            f"--outliers: expected 1 or 0 in each row of {name}, got {sum(empty)} empty, the first "
            f"in row {empty.index(True)}, counted from 0"
        )
    if not fits or found.dtype.kind not in "biuf" or set(numpy.unique(found)) != {0, 1}:
        raise ValueError(
            f"--outliers: expected {count} numbers, 1 for an outlier and 0 for the others, "
            f"of both some, got {name}, {found.dtype} of shape {found.shape}"
        )
    return found.astype(numpy.int64)
