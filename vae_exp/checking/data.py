"""A data set: its splits, their numbers, what the seed decides, and what it writes."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.checking.subject import needs
from vae_exp.checking.verdict import Check, Wrong
from vae_exp.checking.written_files import written_files
from vae_exp.data import SPLITS, Data
from vae_exp.data.observation import RANGES
from vae_exp.distribution.variable import OfVariables

AT_ONCE = 1_000
SHOWN = 200  # of each split, whose numbers are looked at
NATURAL = 0.02  # of data that happen to be alike, beyond those that are within a split


@dataclass
class DataSet:
    """A data set that can be built again.

    Args:
        build: ``build()``, or ``build(seed=...)`` where it has one.
        seed: the one it is given, or none where it has none.
        places: files and folders that it is given, where it may write.
        noisy: arguments with which it draws noise once, if it can.
    """

    build: Callable[..., Data]
    seed: int | None
    places: list[str] = field(default_factory=list)
    noisy: dict[str, Any] = field(default_factory=dict)

    def part(self, **changes: Any) -> Data:
        """Built, and told that the likelihood is one of its numbers."""
        part = self.build(**changes)
        columns = part.kind == "columns"
        part.setup(OfVariables(part.variables) if columns else constraints.real)
        return part

    def first(self) -> Data:
        """The same one for each check."""
        if not hasattr(self, "_first"):
            self._first = self.part()
        return self._first


def rows(data: Data, split: str, count: int | None = None) -> Tensor:
    """x of a split, or the first of it, (N, X)."""
    return data.batch(split, slice(0, data.size(split) if count is None else count))


def stored(data: Data, split: str) -> Iterator[Tensor]:
    """The data of a split in parts (N, numbers), without noise that is new in every batch."""
    for start in range(0, data.size(split), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        values = data.values[split]
        x = values[part] if isinstance(values, Tensor) else data.batch(split, part)
        yield x.flatten(1)


def check_splits(subject: DataSet) -> str:
    """Training, validation and test data, of one shape, given out by index."""
    data = subject.first()
    for split in SPLITS:
        if data.size(split) < 1:
            raise Wrong(f"expected data in each of {', '.join(SPLITS)}, got none in {split}")
        x = rows(data, split, SHOWN)
        wanted = (min(SHOWN, data.size(split)), *data.shape)
        if tuple(x.shape) != wanted:
            raise Wrong(f"expected a batch of {split} of shape {wanted}, got {tuple(x.shape)}")
        index = torch.tensor([0, len(x) - 1, 0])
        if split not in data.redrawn and not torch.equal(
            data.batch(split, index).nan_to_num(9e9), x[index].nan_to_num(9e9)
        ):
            raise Wrong(f"expected the same data of {split} by index as by slice, got others")
        labels = None if data.labels is None else data.labels[split]
        if labels is not None and len(labels) != data.size(split):
            raise Wrong(f"expected a label for each of {data.size(split)}, got {len(labels)}")
    sizes = ", ".join(f"{data.size(split)} {split}" for split in SPLITS)
    return f"{sizes}, of shape {tuple(data.shape)}"


def check_numbers(subject: DataSet) -> str:
    """Floats of the kind that it says."""
    data = subject.first()
    low, high, words = RANGES[data.kind]
    for split in SPLITS:
        x = rows(data, split, SHOWN)
        if x.dtype != torch.float32:
            raise Wrong(f"expected batches in torch.float32, got {x.dtype} of {split}")
        fits = x.isnan() | (x.isfinite() & (x >= low) & (x <= high))
        if data.kind == "counts":
            fits &= x.isnan() | (x == x.round())
        if not fits.all():
            raise Wrong(
                f"expected {words} of data of kind {data.kind}, got {x[~fits][0].item():.4g} in "
                f"{split}; change kind, or scale them"
            )
        if data.missing is None and x.isnan().any():
            raise Wrong(
                f"expected no NaN but where missing says so (mark_missing), got one in {split}"
            )
        if len(x) > 1 and (x == x[:1]).all():
            raise Wrong(f"expected data that differ, got one {len(x)} times in {split}")
    return f"{words}, in float32"


def check_overlap(subject: DataSet) -> str:
    """No datum is in two splits, but as often as data are alike by chance."""
    data = subject.first()
    needs(not data.splits_share, "its splits are the same data, and it says so")
    keys = {
        split: [hash(row.tobytes()) for part in stored(data, split) for row in part.numpy()]
        for split in SPLITS
    }
    alike = 1 - len(set(keys["train"])) / len(keys["train"])
    for one, other in (("validation", "train"), ("test", "train"), ("test", "validation")):
        known = set(keys[other])
        shared = sum(key in known for key in keys[one]) / len(keys[one])
        if shared > 2 * alike + NATURAL:
            raise Wrong(
                f"expected no {one} data among those of {other}, got {shared:.1%} of them "
                f"(of the training data {alike:.1%} are alike); do the splits overlap?"
            )
    return "no two splits share data" if alike == 0 else f"no more than chance ({alike:.1%} alike)"


def check_seed(subject: DataSet) -> str:
    """data.seed decides all that is drawn, and no other generator does."""
    first = subject.first()
    torch.manual_seed(123)
    state = numpy.random.get_state()
    numpy.random.seed(123)
    try:
        again = subject.part()
    finally:
        numpy.random.set_state(state)
    if not _same(first, again):
        raise Wrong(
            "expected the same data again with the same data.seed, got others; is something drawn "
            "from torch's, numpy's or random's own generator? use vae_exp.data.seeded(seed)"
        )
    needs(subject.seed is not None, "the same again; it has no argument seed")
    needs(not first.splits_share, "the same again; its splits are all data, whatever the seed")
    other = subject.seed + 1
    alike = _same(first, subject.part(seed=other))
    if alike and subject.noisy:  # its splits may be given, and the seed that of bits alone
        noisy = subject.noisy
        alike = _same(subject.part(**noisy), subject.part(seed=other, **noisy))
    if alike:
        raise Wrong(
            "expected other splits, or other draws, with another data.seed, got the same; is seed "
            "left out?"
        )
    return "the same again with the same seed, others with another"


def _same(one: Data, other: Data) -> bool:
    for split in SPLITS:
        if one.size(split) != other.size(split):
            return False
        for a, b in zip(stored(one, split), stored(other, split)):
            if a.shape != b.shape or not torch.equal(a.nan_to_num(9e9), b.nan_to_num(9e9)):
                return False
    return True


def check_writing(subject: DataSet) -> str:
    """Nothing is written but in the folders that it is given."""
    allowed = [Path(place).resolve() for place in (*subject.places, tempfile.gettempdir())]
    with written_files() as written:
        subject.part()
    outside = []
    for name in written:
        path = Path(name).resolve()
        inside = any(path == place or place in path.parents for place in allowed)
        if not inside and "__pycache__" not in path.parts and path.parts[1:2] != ("dev",):
            outside.append(str(path))
    if outside:
        raise Wrong(
            f"expected nothing to be written but in the folders it is given, got {outside[0]}"
        )
    return "writes nothing" if not written else "writes in its folders alone"


CHECKS: dict[str, Check] = {
    "splits": check_splits,
    "numbers": check_numbers,
    "overlap": check_overlap,
    "seed": check_seed,
    "writing": check_writing,
}
