"""Checkpoints: files of a training's state that are whole, or known not to be."""

import io
import logging
import os
import zipfile
from pathlib import Path
from typing import Any

import torch

from vae_exp.storage.atomic_write import atomic_write

log = logging.getLogger(__name__)


def save(path: Path, state: dict[str, Any]) -> None:
    """Write ``state``, of tensors and plain values, in one move."""
    buffer = io.BytesIO()  # torch itself would not say that a disk is full
    torch.save(state, buffer)
    with atomic_write(path) as file:
        file.write_bytes(buffer.getbuffer())


def save_keeping_previous(path: Path, state: dict[str, Any]) -> None:
    """As ``save``, and keep the file that was there before as ``previous.pt``."""
    if path.exists():
        os.replace(path, path.with_name("previous.pt"))
    save(path, state)


def load(path: Path) -> dict[str, Any]:
    """What was saved, on the CPU; whatever code a stranger put in the file is not run.

    Raises:
        ValueError: the file is no checkpoint, or not as it was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # torch's format, with a checksum of each part
            damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"the checksum of {damaged} is wrong")
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {"vae": state["vae"], "x_shape": tuple(state["x_shape"]), **state}
    except OSError as error:
        raise ValueError(f"{path}: expected a checkpoint ({error.strerror})") from error
    except Exception as error:  # torch, zipfile and pickle have many ways to say it
        reason = str(error).strip().split("\n")[0]
        raise ValueError(f"{path}: expected a checkpoint of vae_exp ({reason})") from error


def load_latest(path: Path) -> dict[str, Any] | None:
    """``path``, or the one before it where that is damaged; none where there is neither.

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
