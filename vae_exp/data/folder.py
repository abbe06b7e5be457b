"""A user's own images, from a folder of files."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy
import torch
from torch import Tensor

from vae_exp.data import SPLITS, Binarize
from vae_exp.data.decoded_images import decoded_images
from vae_exp.data.file_images import FileImages
from vae_exp.data.held_out import hold_out, how_many
from vae_exp.data.image_decoding import Channels, Decoding, Fit, suffixes
from vae_exp.data.image_files import ImageFiles, find_images, listed, shown
from vae_exp.data.images import check_levels
from vae_exp.data.split_words import SPLIT_OF

log = logging.getLogger(__name__)


class Folder(FileImages):
    """The image files in a folder and those below it; the folders are the classes.

    Where there is a folder ``train`` on top, that is the training data, and a folder ``test``, or
    ``validation``, is that split, or one called otherwise in ``SPLIT_OF``; what has no folder is
    held out at random. A class is a folder on top, or on top of a split; without one there are no
    labels.

    A file is an image if its name ends as one of a format that Pillow decodes. Those that do not
    decode are left out, with a warning.

    Args:
        path: the folder; ``~`` is the home folder.
        size, fit, channels: see ``Decoding``; with channels ``auto`` the images are grey if all of
            them are.
        cache: the folder in which the decoded images are kept, see ``decoded_images``.
        test_size: how many images to hold out, or below 1 which share.
        validation_size: how many of the others to hold out, or which share of the training folder.
        levels: 255.
        binarize, dequantize, seed: see ``Images``.

    Raises:
        ValueError: no such folder, too few images in it, a size out of range, no place for the
            decoded images, or other levels.
    """

    labels_from = "the subfolders of data.path are the classes, where there are two or more of them"

    def __init__(
        self,
        path: str | None,
        size: int,
        fit: Fit,
        channels: Channels,
        cache: str,
        test_size: int | float,
        validation_size: int | float,
        levels: int,
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        check_levels(levels, own=255)
        decoding = Decoding(size, fit, channels)
        files = find_images(_folder(path), suffixes(), "data.path")
        if files.others:
            log.info(f"data.path: files of other kinds are not looked at: {files.other_suffixes()}")
        folders = _split_folders([*files.seen, *files.broken])
        decoded = decoded_images(files, decoding, Path(cache).expanduser())
        rows = _by_split(decoded.names, folders)
        _check_counts(rows, folders, files)
        labels, class_names = _classes(decoded.names, rows, folders)
        sizes = {"test": test_size, "validation": validation_size}
        index = _held_out(rows, sizes, folders, seed)
        super().__init__(decoded, index, labels, class_names, binarize, dequantize, seed)


def _folder(path: str | None) -> Path:
    if path is None:
        raise ValueError(
            "data.path: expected the path of a folder of images, got null; data.path=pictures"
        )
    folder = Path(path).expanduser().resolve()  # of one folder there is one cache
    if not folder.is_dir():
        what = "a file (data=array takes arrays)" if folder.exists() else "not there"
        raise ValueError(f"data.path: expected a folder of images, got {folder}, which is {what}")
    return folder


def _split_folders(names: Iterable[str]) -> dict[str, str]:
    """The folder of each split that has one.

    Raises:
        ValueError: a split has two, or there is none of training data beside another.
    """
    folders: dict[str, str] = {}
    for top in sorted({name.partition("/")[0] for name in names if "/" in name}):
        split = SPLIT_OF.get(top.lower())
        if split is not None and folders.setdefault(split, top) != top:
            raise ValueError(
                f"data.path: expected one of the folders {folders[split]} and {top}, got both"
            )
    if folders and "train" not in folders:
        raise ValueError(
            f"data.path: expected a folder train beside {', '.join(folders.values())}, got none; "
            "rename those if they are classes and no splits"
        )
    return folders


def _by_split(names: Sequence[str], folders: dict[str, str]) -> dict[str, list[int]]:
    """The rows of each split that has a folder, or of all as those of training."""
    if not folders:
        return {"train": list(range(len(names)))}
    split_of = {folder: split for split, folder in folders.items()}
    rows: dict[str, list[int]] = {split: [] for split in folders}
    beside = []
    for row, name in enumerate(names):
        split = split_of.get(name.partition("/")[0]) if "/" in name else None
        if split is None:
            beside.append(name)
        else:
            rows[split].append(row)
    if beside:
        log.warning(
            f"data.path: {len(beside):,} images beside the folders {', '.join(folders.values())} "
            f"are left out: {listed(beside)}"
        )
    return rows


def _check_counts(rows: dict[str, list[int]], folders: dict[str, str], files: ImageFiles) -> None:
    taken = [split for split in SPLITS if split == "train" or split not in rows]
    for split, own in rows.items():
        least, use = (2 * len(taken), " and ".join(taken)) if split == "train" else (2, split)
        if len(own) < least:
            place = shown(str(files.folder / folders.get(split, "")))
            raise ValueError(
                f"data.path: expected {least} images or more, two each for {use}, in {place}, got "
                f"{len(own)}"
            )


def _classes(
    names: Sequence[str], rows: dict[str, list[int]], folders: dict[str, str]
) -> tuple[Tensor | None, list[str]]:
    """A class for each image, and what the classes are called; those beside their folders are one.

    There are none where all images of a split lie in no folder, or all of them in one.
    """
    found = numpy.full(len(names), ".", dtype=object)
    for split, own in rows.items():
        skipped = len(folders[split]) + 1 if split in folders else 0
        for row in own:
            top, in_folder, _ = names[row][skipped:].partition("/")
            found[row] = top if in_folder else "."
        if (found[own] == ".").all():
            return None, []
    kept = numpy.concatenate([found[own] for own in rows.values()])
    class_names = sorted(set(kept))
    if len(class_names) < 2:
        return None, []
    log.info(f"the labels are {len(class_names)} classes: {listed(class_names)}")
    number = {name: i for i, name in enumerate(class_names)}
    return torch.tensor([number.get(name, -1) for name in found]), class_names


def _held_out(
    rows: dict[str, list[int]],
    sizes: dict[str, int | float],
    folders: dict[str, str],
    seed: int,
) -> dict[str, Tensor]:
    """The rows of all of ``SPLITS``; what has no folder is held out of training."""
    index = {split: torch.tensor(own) for split, own in rows.items()}
    count = len(rows["train"])
    for split, size in sizes.items():
        key = f"data.{split}_size"
        if split in rows:
            log.info(f"{split} data: the folder {shown(folders[split])} ({key} is not used)")
        else:
            size = how_many(size, count)
            index["train"], index[split] = hold_out(index["train"], size, seed, key)
    return {split: index[split] for split in SPLITS}
