"""Pictures as rows for a trained model of images: those in a folder, or one."""

from pathlib import Path

import numpy
import torch

from vae_exp.data.array_file import Rows
from vae_exp.data.decoded_images import decoded_images
from vae_exp.data.image_decoding import Decoding, Fit, reason, suffixes
from vae_exp.data.image_files import find_images
from vae_exp.data.observation import Observation
from vae_exp.data.split_words import SPLIT_OF
from vae_exp.data.tensor import as_tensor

LEVELS = 255  # of a picture


def read_given_folder(folder: Path, key: str, observe: Observation, fit: Fit, cache: Path) -> Rows:
    """All pictures in a folder and those below it, as large and with as many channels as x.

    Classes are the folders on top, or below one that is called as a split, where there are several
    or the model knows some.

    Args:
        key: what the folder is called in messages.
        observe: what a datum is to the model.
        fit: see ``Decoding``.
        cache: the folder in which decoded images are kept, see ``decoded_images``.

    Raises:
        ValueError: the model is none of square images, or there is none in the folder.
    """
    decoding = _decoding(observe, fit, key, f"{folder}, a folder")
    files = find_images(folder.resolve(), suffixes(), key)
    found = decoded_images(files, decoding, cache)
    classes = [_class(name) for name in found.names]
    told = len(set(classes)) > 1 or (observe.classes and classes[0] != ".")
    return Rows(
        _levels(found.x, observe),
        numpy.array(classes) if told else None,
        key,
        str(folder),
        ids=found.names,
        told=f"the class of a picture is the subfolder of {folder} that it lies in, and "
        "of one in no subfolder there is none; --condition says it, or covariates, for all of them",
    )


def read_given_picture(file: Path, key: str, observe: Observation, fit: Fit) -> Rows:
    """One picture, whose id is its name, see ``read_given_folder``.

    Raises:
        ValueError: the model is none of square images, or the file does not decode.
    """
    decoding = _decoding(observe, fit, key, f"{file}, a picture")
    try:
        x = as_tensor(decoding(file)[None])
    except Exception as error:  # Pillow has many words for a file that is broken
        raise ValueError(f"{key}: expected a picture, got {file}: {reason(error)}") from error
    told = "of a picture --condition says it"
    return Rows(_levels(x, observe), None, key, str(file), ids=[file.name], told=told)


def _decoding(observe: Observation, fit: Fit, key: str, got: str) -> Decoding:
    shape = observe.shape
    if len(shape) != 3 or shape[0] not in (1, 3) or shape[1] != shape[2] or observe.levels == 1:
        raise ValueError(
            f"{key}: expected a file of arrays or a table, for this is no model of square images "
            f"but of x of shape {shape}, got {got}"
        )
    return Decoding(shape[1], fit, "grey" if shape[0] == 1 else "rgb")


def _levels(x: torch.Tensor, observe: Observation) -> torch.Tensor:
    """As many levels as the model has."""
    return x if observe.levels == LEVELS else (x.float() * (observe.levels / LEVELS)).round()


def _class(name: str) -> str:
    """The folder that a file lies in, on top, or . for none."""
    parts = name.split("/")
    if len(parts) > 1 and parts[0].lower() in SPLIT_OF:
        parts = parts[1:]
    return parts[0] if len(parts) > 1 else "."
