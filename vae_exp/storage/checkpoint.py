"""Checkpoints: files of a training's state that are whole, or known not to be."""

import io
import logging
import math
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from vae_exp.storage.atomic_write import atomic_write
from vae_exp.storage.plain_pickle import check_pickle

log = logging.getLogger(__name__)

LARGEST_DATUM = 2**26  # numbers
SHARED = 4  # how often the same weights may stand in a model, in the encoder and the prior for one


def save(path: Path, state: dict[str, Any]) -> None:
    """Write ``state``, of tensors and plain values, in one move."""
    buffer = io.BytesIO()  # torch itself would not say that a disk is full
    torch.save(_without_the_rest(state), buffer)
    with atomic_write(path) as file:
        file.write_bytes(buffer.getbuffer())


def _without_the_rest(value: Any) -> Any:
    """The same, with a copy of each tensor that is a part of a larger one: torch writes all of
    what a tensor is a part of, as the weights of one seed among those that train together."""
    if isinstance(value, torch.Tensor):
        whole = value.untyped_storage().nbytes() == value.numel() * value.element_size()
        return value if whole else value.clone()
    if isinstance(value, dict):
        return {key: _without_the_rest(child) for key, child in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_without_the_rest, value))
    return value


def save_keeping_previous(path: Path, state: dict[str, Any]) -> None:
    """As ``save``, and keep the file that was there before as ``previous.pt``.

    One that is damaged goes to ``damaged.pt`` instead, so that it takes no good one's place: if
    there was something to go on from before, there is at every moment from then on.
    """
    if path.exists():
        os.replace(path, path.with_name("previous.pt" if is_whole(path) else "damaged.pt"))
    save(path, state)


def is_whole(path: Path) -> bool:
    """Whether there is a file, and it is as torch wrote it."""
    try:
        _check_whole(path)
    except (OSError, zipfile.BadZipFile):
        return False
    return True


def _check_whole(path: Path) -> None:
    """Raises BadZipFile where a file is not as torch wrote it: parts with a checksum each, and
    none of them packed, for what is packed can unpack to more than there is room for."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":  # torch looks here, and zipfile at the end
            raise zipfile.BadZipFile("it does not begin as one of torch's files")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise zipfile.BadZipFile("something in it is compressed")
        if sum(part.file_size for part in parts) > path.stat().st_size:
            raise zipfile.BadZipFile("its parts are larger than it is")
        damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"the checksum of {damaged!r} is wrong")


def load(path: Path) -> dict[str, Any]:
    """What was saved, on the CPU; whatever code a stranger put in the file is not run.

    Raises:
        ValueError: the file is no checkpoint, or not as it was written.
    """
    try:
        state = load_plain(path)
        # dictionaries of their own: those of a file may have attributes that hide their items
        state = dict(dict.items(state))
        state |= {"vae": dict(dict.items(state["vae"])), "x_shape": tuple(state["x_shape"])}
        _check_values(state["vae"], state["x_shape"])
        _check_size(state, path.stat().st_size)
        return state
    except OSError as error:
        raise ValueError(f"{path}: expected a checkpoint ({error.strerror})") from error
    except Exception as error:  # torch, zipfile and pickle have many ways to say it
        reason = str(error).strip().split("\n")[0]
        raise ValueError(f"{path}: expected a checkpoint of vae_exp ({reason})") from error


def load_plain(path: Path) -> dict[str, Any]:
    """The tensors and plain values that a file has, on the CPU, and no code of it run.

    Raises:
        Exception: the file is none that torch wrote, or not as it was written; of many kinds.
    """
    _check_whole(path)
    with zipfile.ZipFile(path) as archive:
        (pickled,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
        check_pickle(archive.read(pickled))
    return torch.load(path, map_location="cpu", weights_only=True)


def _check_values(weights: dict[str, Any], x_shape: tuple[Any, ...]) -> None:
    """Raises ValueError where weights are none, or X is what no datum is."""
    if not all(type(length) is int and length > 0 for length in x_shape):
        raise ValueError(f"expected the shape of a datum, got {x_shape}")
    if not math.prod(x_shape) <= LARGEST_DATUM:
        raise ValueError(f"expected a datum of at most {LARGEST_DATUM} numbers, got {x_shape}")
    for name, weight in weights.items():
        plain = type(weight) is torch.Tensor and weight.layout == torch.strided
        if type(name) is not str or not plain or weight.is_nested or weight.is_quantized:
            raise ValueError("expected tensors by their names as weights")


def _check_size(state: dict[str, Any], size: int) -> None:
    """Raises ValueError where tensors claim to be larger than the file, as views can that show one
    number many times."""
    tensors = [value for value in _leaves(state) if isinstance(value, torch.Tensor)]
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    if claimed > SHARED * size:
        raise ValueError(f"expected tensors of about {size} bytes, got {claimed}")


def _leaves(value: Any) -> Iterator[Any]:
    """What lies in dictionaries, lists and tuples, whatever their attributes hide."""
    if isinstance(value, dict):
        for child in dict.values(value):
            yield from _leaves(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _leaves(child)
    else:
        yield value


def load_latest(
    path: Path, check: Callable[[dict[str, Any]], None] = lambda state: None
) -> dict[str, Any] | None:
    """``path``, or the one before it where that is damaged; none where there is neither.

    Args:
        check: raises where a state is none to go on from.

    Raises:
        ValueError: there is something, but nothing that reads.
    """
    files = [file for file in (path, path.with_name("previous.pt")) if file.exists()]
    problems = []
    for file in files:
        try:
            state = load(file)
        except ValueError as error:
            problems.append(str(error))
            continue
        try:
            check(state)
        except Exception as error:  # what it lies in may be of any kind
            problems.append(f"{file}: expected a training to go on with ({error})")
            continue
        if problems:
            log.warning(f"{problems[0]}; resuming from {file.name}, the one before it")
        return state
    if problems:
        raise ValueError("; ".join(problems))
    return None


def load_weights(vae: torch.nn.Module, state: dict[str, Any]) -> None:
    """Put the weights that were read into ``vae``, on its device.

    Raises:
        ValueError: they are those of another model.
    """
    try:
        vae.load_state_dict(state["vae"])
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"checkpoint: expected the weights of this model ({reason})") from error
