"""What a long evaluation has found so far, in a file of the run's folder."""

import hashlib
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from vae_exp.evaluation.kept import Kept
from vae_exp.storage import checkpoint
from vae_exp.storage.own_file import own_file

EVERY = 20.0  # seconds between two states
MOST_BYTES = 2**30


class KeptResults(Kept):
    """Results that are there again after the program was killed, for the same question alone.

    Args:
        folder: of the run.
        name: of the file.
        question: all that the results depend on, plain values by name.

    Raises:
        ValueError: the file leads out of the folder, or is none of these.
    """

    def __init__(self, folder: Path, name: str, question: dict[str, Any]):
        super().__init__()
        self.file, self.question = own_file(folder, folder / name), question
        self.other = False  # whether a file was there, of another question
        self.saved = monotonic()
        if self.file.exists():
            self._load()

    def due(self) -> bool:
        return monotonic() - self.saved >= EVERY

    def save(self) -> None:
        state = {"finished": self.finished, "under_way": self.under_way}
        checkpoint.save(self.file, {"question": self.question, **state})
        self.saved = monotonic()

    def remove(self) -> None:
        """There is nothing to go on with any more."""
        self.file.unlink(missing_ok=True)

    def _load(self) -> None:
        try:
            if self.file.stat().st_size > MOST_BYTES:
                raise ValueError(f"it has more than {MOST_BYTES} bytes")
            state = checkpoint.load_plain(self.file)
            finished, under_way = state["finished"], state["under_way"]
            self.other = state["question"] != self.question
            _check_tensors(state, self.file.stat().st_size)
        except Exception as error:  # torch, zipfile and pickle have many ways to say it
            reason = str(error).strip().split("\n")[0]
            raise ValueError(
                f"{self.file}: expected what an interrupted certification has kept, got something "
                f"else ({reason}); remove it to begin anew"
            ) from error
        if not self.other:
            self.finished, self.under_way = finished, under_way


def file_digest(file: Path) -> str:
    """What tells this file from another."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _check_tensors(value: Any, size: int) -> None:
    """Raises ValueError where tensors claim to be larger than the file that they are in."""
    if isinstance(value, dict):
        for item in value.values():
            _check_tensors(item, size)
    elif isinstance(value, torch.Tensor) and value.numel() * value.element_size() > size:
        raise ValueError(f"expected tensors of at most {size} bytes")
