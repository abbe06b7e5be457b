"""A user's own data, from a file."""

import logging
import math
from typing import Literal

import torch
from torch import Tensor

from vae_exp.data import Binarize, Data, hold_out, mapped_rows, three_splits
from vae_exp.data.array_file import read
from vae_exp.data.images import Images
from vae_exp.data.kind import Kind, infer_kind, to_stored_type
from vae_exp.data.mapped_rows import MappedRows

log = logging.getLogger(__name__)

Rows = tuple[Tensor | MappedRows, Tensor | None]  # x (N, X), y (N,)


def array(
    path: str | None,
    test_path: str | None,
    test_size: int | float | None,
    validation_size: int | float,
    kind: Literal["auto"] | Kind,
    shape: list[int] | None,
    levels: int,
    binarize: Binarize,
    dequantize: bool,
    seed: int,
) -> Data:
    """The rows of an array (N, X), and their classes, from a .npy, .npz or .pt file.

    From a gigabyte on rows are not copied; those of a .npy file then come from the disk, a batch at
    a time, so that it may be larger than the memory.

    Args:
        path: the file, see ``array_file.read``; ``~`` is the home folder.
        test_path: a file with the test data, or null: ``test_size`` rows of ``path`` are held out.
        test_size: how many, or below 1 which share, or null where ``test_path`` has them.
        validation_size: how many of the other rows to hold out, or which share of the file's.
        kind: ``images``, whole numbers in {0, ..., L}, (N, C, H, W) or (N, H, W); ``bits``, 0 and
            1; ``counts``, 0, 1, 2, ...; ``unit``, numbers in [0, 1]; ``real``, any numbers;
            ``auto``, see ``kind.inferred``.
        shape: X, if the rows are to be reshaped.
        levels: L, of images; at most 255.
        binarize, dequantize: see ``Images``; of images alone.
        seed: of the splits and of fixed draws.

    Raises:
        ValueError: a file that does not read, content that is not of the kind or the shape, a size
            out of range, or noise that is for images alone.
    """
    rows = _rows(path, "data.path", shape)
    if (test_path is None) == (test_size is None):
        raise ValueError(
            "data.test_size: expected a number where data.test_path is null, and null where it is "
            f"not, got {test_size} with data.test_path={test_path}"
        )
    count = len(rows[0])
    test_size, validation_size = _count(test_size, count), _count(validation_size, count)
    if test_path is None:
        index = three_splits(count, validation_size, test_size, seed)
        parts = {split: _select(rows, index[split]) for split in index}
    else:
        train, validation = hold_out(
            torch.arange(count), validation_size, seed, "data.validation_size"
        )
        parts = {"train": _select(rows, train), "validation": _select(rows, validation)}
        parts["test"] = _alike(_rows(test_path, "data.test_path", shape), rows)

    if kind == "auto":
        kind = infer_kind(rows[0])
        log.info(f"the data are taken as {kind} (data.kind=auto)")
    x = {split: to_stored_type(part, kind) for split, (part, _) in parts.items()}
    y = None if rows[1] is None else {split: labels for split, (_, labels) in parts.items()}
    if kind == "images":
        x = {split: _channels_first(part) for split, part in x.items()}
        return Images(x, y, levels, binarize, dequantize, seed)
    if dequantize:
        raise ValueError(
            f"data.dequantize: expected false for data of kind {kind}, got true; only images have "
            "grey levels"
        )
    return Data(x, y, 1, binarize, seed)


def _rows(path: str | None, key: str, shape: list[int] | None) -> Rows:
    x, y = read(path, key)
    return _shaped(x, shape), y


def _select(rows: Rows, index: Tensor) -> Rows:
    x, y = rows
    chosen = x[index] if x.nbytes < mapped_rows.LARGE else MappedRows(x, index, x.dtype)
    return chosen, None if y is None else y[index]


def _alike(test: Rows, rows: Rows) -> Rows:
    shapes = [tuple(x.shape[1:]) for x, _ in (rows, test)]
    if shapes[0] != shapes[1] or (test[1] is None) != (rows[1] is None) or len(test[0]) < 2:
        kinds = ["without labels" if y is None else "with labels" for _, y in (rows, test)]
        raise ValueError(
            f"data.test_path: expected two or more rows of shape {shapes[0]} {kinds[0]}, as in "
            f"data.path, got {len(test[0])} of shape {shapes[1]} {kinds[1]}; change one of the "
            "files"
        )
    return test


def _count(size: int | float | None, rows: int) -> int | None:
    """How many rows that is: a number, or a share of them below 1, of which at least two."""
    if size is None or not 0 < size < 1:
        return None if size is None else int(size)
    return max(2, round(size * rows))


def _shaped(x: Tensor, shape: list[int] | None) -> Tensor:
    if shape is not None:
        if min(shape, default=0) < 1 or math.prod(shape) != math.prod(x.shape[1:]):
            raise ValueError(
                f"data.shape: expected a shape of {math.prod(x.shape[1:])} numbers, as each row "
                f"of shape {tuple(x.shape[1:])} has, got {shape}"
            )
        return x.reshape(len(x), *shape)
    if x.dim() == 1 or 0 in x.shape:
        raise ValueError(
            f"data.path: expected an array (N, X), got one of shape {tuple(x.shape)}; single "
            "numbers need data.shape=[1]"
        )
    return x


def _channels_first(x: Tensor) -> Tensor:
    if x.dim() == 3:
        return x.unsqueeze(1)
    if x.dim() == 4 and x.shape[-1] in (1, 3, 4) and x.shape[1] not in (1, 3, 4):
        raise ValueError(
            f"data.path: expected images with the channels first, (N, C, H, W), got "
            f"{tuple(x.shape)}; move the last axis of the file's array"
        )
    return x
