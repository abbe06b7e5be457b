"""The covariates of a file's rows: numbers, and categories by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from vae_exp.condition.columns import MOST, Column

Covariates = Mapping[str, numpy.ndarray]  # of N rows each: floats, whole numbers or names


def read_covariate(name: str, array: Any, count: int, key: str) -> numpy.ndarray:
    """A covariate of ``count`` rows, (N,): floats are numbers, all else are categories.

    Raises:
        ValueError: naming ``key``, where it is neither, or has another number of rows, numbers that
            are not finite, or more categories than a network can be shown one by one.
    """
    array = numpy.asarray(array)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (count,) or array.dtype.kind not in "biufUS":
        raise ValueError(
            f"{key}: expected c_{name} to be {count} numbers or strings, one for each row of x, "
            f"got {array.dtype} of shape {array.shape}; leave it out of the file if it is no "
            "covariate"
        )
    if array.dtype.kind == "f":
        odd = ~numpy.isfinite(array.astype(numpy.float32))
        if odd.any():
            raise ValueError(
                f"{key}: expected finite float32 numbers in c_{name}, got {int(odd.sum())} that "
                f"are not, the first, {array[odd][0]}, in row {int(odd.argmax())}, counted from 0; "
                "leave those rows out, or fill them in"
            )
        return array
    if array.dtype.kind == "S":
        array = numpy.char.decode(array, "utf-8", "replace")
    found = len(numpy.unique(array))
    if found > MOST:
        raise ValueError(
            f"{key}: expected at most {MOST} categories in c_{name}, got {found}; call it id if "
            "it names the rows, make it floats if it is a number, or leave it out of the file"
        )
    return array


def as_columns(parts: Sequence[Covariates]) -> tuple[tuple[Column, ...], list[Tensor]]:
    """What the covariates are, and their values as numbers, (N, columns), for each part.

    A category has the same number in all parts; whole numbers come in their order, names in that
    of the alphabet.

    Raises:
        ValueError: a covariate is a number in one part and a category in another.
    """
    columns, values = [], []
    for name in parts[0]:
        arrays = [part[name] for part in parts]
        numbers = {array.dtype.kind == "f" for array in arrays}
        if len(numbers) == 2:
            raise ValueError(
                f"data.path: expected c_{name} to be floats in all parts of the data or in none, "
                f"got {', '.join(str(array.dtype) for array in arrays)}"
            )
        if numbers == {True}:
            columns.append(Column(name))
            values.append([torch.from_numpy(array.astype(numpy.float32)) for array in arrays])
            continue
        if any(array.dtype.kind == "U" for array in arrays):
            arrays = [array.astype(str) for array in arrays]
        categories, places = numpy.unique(numpy.concatenate(arrays), return_inverse=True)
        columns.append(Column(name, tuple(map(str, categories.tolist()))))
        sizes = [len(array) for array in arrays]
        values.append(torch.from_numpy(places.astype(numpy.float32)).split(sizes))
    return tuple(columns), [torch.stack(part, dim=1) for part in zip(*values)]


def unseen(columns: Sequence[Column], training: Tensor) -> dict[str, list[str]]:
    """The categories that no training datum has, by covariate.

    Args:
        training: values (N, columns) of the training data.
    """
    found = {}
    for column, values in zip(columns, training.T):
        seen = set(values.long().tolist()) if column.categories else ()
        missing = [name for place, name in enumerate(column.categories) if place not in seen]
        if missing:
            found[column.name] = missing
    return found
