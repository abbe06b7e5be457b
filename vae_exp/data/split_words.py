"""What the splits are called in a user's file or folder, and to which of them each row belongs."""

from collections.abc import Iterable
from typing import Any

import numpy

from vae_exp.data import SPLITS

# in small letters
SPLIT_OF = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
# of each row there may be a number as well, whole or, as where some were missing once, a float
WORDS = {
    **SPLIT_OF,
    **{str(of(n)): split for n, split in enumerate(SPLITS) for of in (int, float)},
}


def are_splits(words: Iterable[Any]) -> bool:
    """Whether they name training data and others, and no more."""
    said = {str(word).lower() for word in words}
    splits = {WORDS.get(word) for word in said}
    return (
        "train" in splits and len(splits) > 1 and all(map(str.isalpha, said)) and None not in splits
    )


def read_splits(words: Any, count: int, key: str, place: str) -> numpy.ndarray:
    """The split of each of ``count`` rows, (N,), in our words, some of them of training.

    Args:
        words: of ``WORDS``, in any case.
        key: of the configuration, that names the file or the column.
        place: where they are.

    Raises:
        ValueError: they are no such words, or none is for training.
    """
    words = numpy.asarray(words)
    if words.dtype.kind == "S":
        words = numpy.char.decode(words, "utf-8", "replace")
    words = numpy.char.lower(words.astype(str))
    unknown = sorted(set(words.ravel().tolist()) - WORDS.keys())
    if words.shape != (count,) or unknown:
        got = f"{unknown[0]!r}" if unknown else f"shape {words.shape}"
        raise ValueError(
            f"{key}: expected split to be train, validation or test, or 0, 1 or 2, for each "
            f"of the {count} rows of {place}, got {got}"
        )
    splits = numpy.array([WORDS[word] for word in words.tolist()])
    if "train" not in splits:
        raise ValueError(f"{key}: expected training data among the split of {place}, got none")
    return splits
