"""Data sets: splits of tensors on the training device, batched by index. One set a file."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.condition import Source
from vae_exp.condition.columns import Column
from vae_exp.data.conditions import conditions
from vae_exp.data.labelled import choose, spread
from vae_exp.data.missing import check_rows, hide_all
from vae_exp.data.observation import Observation
from vae_exp.data.room import available_bytes
from vae_exp.data.splits import SPLITS as SPLITS
from vae_exp.data.splits import seeded as seeded

Binarize = Literal["none", "static", "dynamic", "threshold", "auto"]


class Data:
    """Data of any event shape X, given out as floats: numbers, counts, bits, or grey levels / L.

    Stored as they are (bytes for bits and grey levels), on the device where they fit, and converted
    a batch at a time. Splits and all that is drawn once come from the data set's own seed, so that
    runs with different seeds see the same data.

    Args:
        values: for each of ``SPLITS`` a tensor (N, X). Floats are given out as they are.
        labels: for each of ``SPLITS`` a tensor of classes, (N,), or none where there are none.
            Nothing is trained on them.
        levels: L, the integer that is given out as 1; 1 for counts and bits.
        binarize: ``none`` or ``auto``; only ``Images`` can be binarised.
        seed: of splits and of fixed draws.

    Raises:
        ValueError: bits are asked for.
    """

    kind = "real"  # of the numbers, see Observation
    class_names: Sequence[str] = ()  # of the labels 0, 1, ..., where they have names
    label_name = "label"  # what the labels tell of a datum
    labels_from = "in files y beside x has them"  # for who misses them
    splits_share = False  # whether the same data are in several splits, on purpose
    ids: dict[str, list[int | str]] | None = None  # names of the data, for each of SPLITS
    numbers: dict[str, Tensor] | None = None  # their rows in a user's file, counted from 0
    columns: tuple[Column, ...] = ()  # what the covariates are
    covariates: dict[str, Tensor] | None = None  # (N, columns) for each of SPLITS

    def __init__(
        self,
        values: dict[str, Tensor],
        labels: dict[str, Tensor] | None,
        levels: int,
        binarize: Binarize,
        seed: int,
    ):
        self.values: dict[str, Tensor] = values
        self.labels = labels
        self.levels = levels
        self.unit: dict[str, int] = dict.fromkeys(SPLITS, levels)  # the stored integer that is 1
        self.binarize = binarize
        self.seed = seed
        self.redrawn: tuple[str, ...] = ()  # the splits whose noise is new in every batch
        self.device: torch.device = torch.device("cpu")  # where batches are given out
        self.source: Source | None = None  # what is given out as c
        self.missing: dict[str, Tensor] | None = None  # which components are not observed, (N, X)
        self.hidden: dict[str, Tensor] | None = None  # ... though they are known
        self.conditions: dict[str, Tensor] = {}  # c itself, (N, ...) for each of SPLITS
        self.labelled: Tensor | None = None  # the training data whose class is given out, or all
        self._check_noise()

    @property
    def shape(self) -> tuple[int, ...]:
        """X, the event shape."""
        return tuple(self.values["train"].shape[1:])

    @property
    def observation(self) -> Observation:
        """What a datum is to a model trained on these, once ``setup`` has been called."""
        return Observation(self.shape, self.kind, self.levels, **self._of_conditions())

    @property
    def classes(self) -> tuple[int | str, ...]:
        """Those of the training data, by name where they have names."""
        return tuple(self.class_names) or tuple(self.labels["train"].unique().tolist())

    def classes_of(self, split: str, index: Tensor | slice = slice(None)) -> list[int | str] | None:
        """The class of each of these data, by name where they have names; none without labels."""
        if self.labels is None:
            return None
        numbers = self.labels[split][index].tolist()
        return [self.class_names[n] for n in numbers] if self.class_names else numbers

    def condition_on(self, source: Source | None) -> None:
        """Give out labels or covariates as c, or nothing.

        Raises:
            ValueError: the data have none, or a class that no training datum has.
        """
        self.conditions = conditions(self, source)
        self.source = source

    def keep_labels(self, count: int | None) -> None:
        """Give out the classes of so many training data alone, the same ones always.

        They are drawn by class, of each as many, or one more of some. ``labels`` has all still.

        Args:
            count: how many, or none for all.

        Raises:
            ValueError: the data have no classes, or not so many, or fewer than one of each.
        """
        if count is None:
            return
        if self.labels is None:
            raise ValueError(f"data.labelled: expected null for data without labels, got {count}")
        self.labelled = choose(self.labels["train"], count, seeded(self.seed))

    @property
    def storage(self) -> torch.device:
        """Where the data are kept: on ``device``, or in memory."""
        return self.values["train"].device

    def size(self, split: str) -> int:
        """How many data the split has."""
        return len(self.values[split])

    def to(self, device: torch.device) -> "Data":
        """Give out batches on ``device`` from now on, and keep the data there if they fit."""
        self.device = device
        stored = [*self.values.values(), *(self.missing or {}).values()]
        if sum(values.nbytes for values in stored) <= available_bytes(device):
            self.values = {split: x.to(device) for split, x in self.values.items()}
            if self.missing is not None:
                self.missing = {split: m.to(device) for split, m in self.missing.items()}
        self.conditions = {split: c.to(device) for split, c in self.conditions.items()}
        return self

    def setup(self, support: constraints.Constraint) -> None:
        """Decide what depends on the likelihood's support: here nothing, there are no bits."""
        self.binarize = "none"

    @property
    def log_cells(self) -> float | None:
        """log of how many cells of grey levels a unit of volume has, of dequantised data alone.

        log p(x) − log_cells bounds the log-probability of the levels from below.
        """
        return None

    def known_log_likelihood(self, split: str) -> float | None:
        """log p(x) under the true model, averaged over the split, where that is known.

        Units: nats per datum.
        """
        return None

    def shuffled(self, split: str) -> Tensor:
        """The indices of the split in random order, (N,); those with a class are evenly spread."""
        order = torch.randperm(self.size(split))
        if split == "train" and self.labelled is not None:
            known = torch.zeros(len(order), dtype=torch.bool)
            known[self.labelled] = True
            order = spread(order, known[order])
        return order.to(self.storage)

    def batch(self, split: str, index: Tensor | slice) -> Tensor:
        """The data at ``index``: float, (B, X), to be read and not written to.

        What is missing, or hidden, is NaN.
        """
        x = self.complete(split, index)
        if self.missing is None:
            return x
        return x.masked_fill(self._rows(self.missing[split], index, x.device), torch.nan)

    def complete(self, split: str, index: Tensor | slice) -> Tensor:
        """As ``batch``, with what ``hide`` has hidden; what is truly missing is anything there."""
        values = self.values[split]
        # index_select copies whole rows, five times as fast as values[index] on a CPU
        x = values[index] if isinstance(index, slice) else values.index_select(0, index)
        if self.device.type == "cuda" and self.storage.type == "cpu":
            x = x.pin_memory()  # copied while the device still works on the last batch
        return self._as_float(x.to(self.device, non_blocking=True), split)

    def hide(self, rate: float) -> None:
        """Hide components at random, independently, the same ones always; one of each datum stays.

        Args:
            rate: the share that is hidden, below 1.

        Raises:
            ValueError: ``rate`` is out of range.
        """
        if not (isinstance(rate, int | float) and 0 <= rate < 1):
            raise ValueError(f"data.missing: expected a share of at least 0, below 1, got {rate}")
        if rate == 0:
            return
        sizes = {split: self.size(split) for split in SPLITS}
        self.hidden = hide_all(self.missing, sizes, self.shape, rate, seeded(self.seed))
        known = self.missing
        self.missing = {s: h if known is None else h | known[s] for s, h in self.hidden.items()}

    def mark_missing(self, missing: dict[str, Tensor]) -> None:
        """Say which components are not observed, whatever is stored there.

        Args:
            missing: for each of ``SPLITS``, (N, X).

        Raises:
            ValueError: nothing of a datum is observed.
        """
        check_rows(missing, self.numbers)
        self.missing = missing

    def at(self, split: str, index: Tensor | slice) -> tuple[Tensor, Tensor | None]:
        """x (B, X), see ``batch``, and c (B, ...) of the data at ``index``, if they have one."""
        x = self.batch(split, index)
        if self.source is None:
            return x, None
        return x, self._rows(self.conditions[split], index, x.device)

    def batches(self, split: str, batch_size: int) -> Iterator[Tensor]:
        """The split in order, ``batch_size`` at a time: float, (B, X)."""
        for start in range(0, self.size(split), batch_size):
            yield self.batch(split, slice(start, start + batch_size))

    @staticmethod
    def _rows(values: Tensor, index: Tensor | slice, device: torch.device) -> Tensor:
        index = index.to(values.device) if isinstance(index, Tensor) else index
        return values[index].to(device)

    def _of_conditions(self) -> dict[str, Any]:
        """What an ``Observation`` has of c."""
        if self.source == "labels":
            return {"classes": self.classes}
        return {"columns": self.columns} if self.source == "covariates" else {}

    def _as_float(self, stored: Tensor, split: str) -> Tensor:
        if stored.is_floating_point():
            return stored.float()
        return stored.float().div_(self.unit[split])

    def _check_noise(self) -> None:
        if self.binarize not in ("none", "auto"):
            raise ValueError(
                f"data.binarize: expected none or auto, for data without grey levels, got "
                f"{self.binarize}; choose an image set, or data.binarize=none"
            )
