"""A user's own data, from a file."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Literal

import torch
from torch import Tensor

from vae_exp.data import SPLITS, Binarize, Data
from vae_exp.data.array_file import Rows, read
from vae_exp.data.beside import Beside, beside_names
from vae_exp.data.held_out import hold_out, how_many
from vae_exp.data.images import Images
from vae_exp.data.kind import Kind, infer_kind, other_reading, to_stored_type
from vae_exp.data.labels import as_classes
from vae_exp.data.layout import Layout, arrange
from vae_exp.data.mapped_rows import MappedRows, in_parts, select
from vae_exp.data.numbers import look_at
from vae_exp.data.numeric import Numeric

log = logging.getLogger(__name__)

Parts = dict[str, Rows]  # by split


def array(
    path: str | None,
    test_path: str | None,
    test_size: int | float | None,
    validation_size: int | float,
    kind: Literal["auto"] | Kind,
    shape: list[int] | None,
    layout: Layout,
    levels: int,
    binarize: Binarize,
    dequantize: bool,
    standardize: Literal["auto"] | bool,
    seed: int,
) -> Data:
    """The rows of an array (N, X), and their classes, from a .npy, .npz, .pt or .h5ad file.

    From a gigabyte on rows are not copied; those of a .npy file then come from the disk, a batch at
    a time, so that it may be larger than the memory.

    Args:
        path: the file, see ``array_file.read``; ``~`` is the home folder.
        test_path: a file with the test data, or null: ``test_size`` rows of ``path`` are held out,
            unless that file has test data of its own.
        test_size: how many, or below 1 which share, or null where ``test_path`` has them.
        validation_size: how many of the other rows to hold out, or which share of the file's,
            unless it has validation data of its own.
        kind: ``images``, whole numbers k in {0, ..., L} or k / L, (N, C, H, W) or (N, H, W);
            ``bits``, 0 and 1; ``counts``, 0, 1, 2, ...; ``unit``, numbers in [0, 1]; ``real``, any
            numbers; ``auto``, see ``kind.infer_kind``.
        shape: of the rows, if they are to be reshaped; axes may be split or joined, not mixed.
        layout: ``channels_last`` where rows are (H, W, C), which become (C, H, W);
            ``channels_first`` where they are not; ``auto`` refuses what looks like the former.
        levels: L, of images; at most 255.
        binarize, dequantize: see ``Images``; of images alone.
        standardize: see ``Numeric``; of real numbers alone.
        seed: of the splits and of fixed draws.

    Raises:
        ValueError: a file that does not read, content that is not of the kind or the shape, a size
            out of range, or noise that is for images alone.
    """
    parts = _read(path, test_path, test_size)
    numbers = reduce(or_, [look_at(rows, levels) for rows in parts.values()])
    parts = {k: replace(rows, x=arrange(rows.x, shape, layout)) for k, rows in parts.items()}
    _check_alike(parts)
    x = parts["train"].x
    if kind == "auto":
        kind = infer_kind(x, numbers, levels)
        hint = other_reading(x, numbers, kind, levels)
        log.info(f"the data are taken as {kind} (data.kind=auto){hint}")

    parts, class_names = _by_number(parts)
    x, y, beside = _split(parts, validation_size, test_size, seed)
    missing = None
    if numbers.missing:
        log.info(f"{numbers.missing} values are NaN, and taken as missing")
        missing = {
            split: torch.cat([rows.isnan() for rows in in_parts(part, len(part))])
            for split, part in x.items()
        }
        if kind != "real":  # which alone is kept as numbers that may be NaN
            mapped = MappedRows  # which does so as it is read
            x = {s: v if isinstance(v, mapped) else v.nan_to_num(0.0) for s, v in x.items()}
    x = {split: to_stored_type(part, numbers, kind, levels) for split, part in x.items()}
    if kind == "images":
        if standardize is True:
            raise ValueError(
                "data.standardize: expected auto or false for data of kind images, got true; if "
                "they are to be taken as real numbers, set data.kind=real"
            )
        x = {k: part.unsqueeze(1) if part.dim() == 3 else part for k, part in x.items()}
        images = beside.added_to(Images(x, y, levels, binarize, dequantize, seed), class_names)
        if missing is not None:
            images.mark_missing({split: m.reshape(x[split].shape) for split, m in missing.items()})
        return images
    if dequantize:
        raise ValueError(
            f"data.dequantize: expected false for data of kind {kind}, got true; only images have "
            "grey levels"
        )
    data = beside.added_to(Numeric(x, y, kind, standardize, binarize, seed), class_names)
    if missing is not None:
        data.mark_missing(missing)
    return data


def _read(path: str | None, test_path: str | None, test_size: int | float | None) -> Parts:
    """The rows of the file, or files, with the splits that these have apart."""
    if test_path is not None and test_size is not None:
        raise ValueError(
            f"data.test_size: expected null where data.test_path is given, got {test_size}"
        )
    parts = read(path, "data.path")
    if test_path is not None:
        if "test" in parts:
            raise ValueError(
                "data.test_path: expected null where data.path has test data, "
                f"{parts['test'].place}, got {test_path}"
            )
        parts["test"] = read(test_path, "data.test_path")["train"]
    elif "test" not in parts and test_size is None:
        raise ValueError(
            "data.test_size: expected a number where data.test_path is null and the file has no "
            "test data, got null"
        )
    taken = [split for split in SPLITS if split == "train" or split not in parts]
    for split, rows in parts.items():
        least, use = (2 * len(taken), " and ".join(taken)) if split == "train" else (2, split)
        if len(rows.x) < least or 0 in rows.x.shape:
            raise ValueError(
                f"{rows.key}: expected {least} rows or more, two each for {use}, of one number or "
                f"more, got an array of shape {tuple(rows.x.shape)}, {rows.place}"
            )
    return parts


def _check_alike(parts: Parts) -> None:
    train = parts["train"]
    for rows in parts.values():
        shapes = [tuple(part.x.shape[1:]) for part in (train, rows)]
        kinds = ["without" if part.y is None else "with" for part in (train, rows)]
        beside = [beside_names(part) for part in (train, rows)]
        if beside[0] != beside[1]:
            raise ValueError(
                f"{rows.key}: expected {_listed(beside[0])} beside the rows, as in {train.place}, "
                f"got {_listed(beside[1])} in {rows.place}; change one of them"
            )
        if shapes[0] != shapes[1] or kinds[0] != kinds[1]:
            raise ValueError(
                f"{rows.key}: expected rows of shape {shapes[0]} {kinds[0]} labels, as in "
                f"{train.place}, got {shapes[1]} {kinds[1]} labels in {rows.place}; change one of "
                "them"
            )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "no covariates or ids"


def _by_number(parts: Parts) -> tuple[Parts, Sequence[str]]:
    """The same with classes that are numbers, the same ones in all parts, and their names."""
    if parts["train"].y is None:
        return parts, ()
    labels, names = as_classes([rows.y for rows in parts.values()])
    if names:
        first = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        log.info(f"the labels are {len(names)} classes: {first}")
    numbered = {s: replace(rows, y=y) for (s, rows), y in zip(parts.items(), labels)}
    return numbered, names


def _split(
    parts: Parts, validation_size: int | float, test_size: int | float | None, seed: int
) -> tuple[dict[str, Tensor | MappedRows], dict[str, Tensor] | None, Beside]:
    """x, y and what is beside them of all of ``SPLITS``.

    What the files do not have apart is held out of training.
    """
    count = len(parts["train"].x)
    index = {split: torch.arange(len(rows.x)) for split, rows in parts.items()}
    for split, size in {"test": test_size, "validation": validation_size}.items():
        if split not in parts:
            key = f"data.{split}_size"
            index["train"], index[split] = hold_out(
                index["train"], how_many(size, count), seed, key
            )
        elif size is not None and parts[split].key == "data.path":
            log.info(f"{split} data: {parts[split].place} (data.{split}_size is not used)")
    rows = {split: parts.get(split, parts["train"]) for split in SPLITS}
    x = {split: select(rows[split].x, index[split]) for split in SPLITS}
    beside = Beside.of(parts, rows, index)
    if parts["train"].y is None:
        return x, None, beside
    return x, {split: rows[split].y[index[split]] for split in SPLITS}, beside
