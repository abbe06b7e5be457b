"""A folder of pictures as rows for a trained model of images."""

from pathlib import Path

import numpy

from vae_exp.data.array_file import Rows
from vae_exp.data.decoded_images import decoded_images
from vae_exp.data.folder import SPLIT_OF
from vae_exp.data.image_decoding import Decoding, Fit, suffixes
from vae_exp.data.image_files import find_images
from vae_exp.data.observation import Observation

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
    shape = observe.shape
    if len(shape) != 3 or shape[0] not in (1, 3) or shape[1] != shape[2] or observe.levels == 1:
        raise ValueError(
            f"{key}: expected a file, for this is no model of square images but of x of shape "
            f"{shape}, got {folder}, a folder"
        )
    decoding = Decoding(shape[1], fit, "grey" if shape[0] == 1 else "rgb")
    files = find_images(folder.resolve(), suffixes(), key)
    found = decoded_images(files, decoding, cache)
    x = found.x
    if observe.levels != LEVELS:
        x = (x.float() * (observe.levels / LEVELS)).round()
    classes = [_class(name) for name in found.names]
    told = len(set(classes)) > 1 or (observe.classes and classes[0] != ".")
    y = numpy.array(classes) if told else None
    return Rows(x, y, key, str(folder), ids=found.names)


def _class(name: str) -> str:
    """The folder that a file lies in, on top, or . for none."""
    parts = name.split("/")
    if len(parts) > 1 and parts[0].lower() in SPLIT_OF:
        parts = parts[1:]
    return parts[0] if len(parts) > 1 else "."
