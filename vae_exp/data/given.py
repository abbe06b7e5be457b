"""A user's rows as data of a trained model."""

from collections.abc import Sequence
from contextlib import suppress

import torch
from torch import Tensor

from vae_exp.data import SPLITS, Data, seeded
from vae_exp.data.array_file import Rows
from vae_exp.data.labels import as_classes
from vae_exp.data.layout import arrange
from vae_exp.data.observation import Observation

ELEMENTS = 1_000_000  # numbers of the rows that are looked at together
SEED = 0  # of what is drawn once for each row


class Given(Data):
    """Rows in the shape and on the scale of what a model was trained on; each split is all of them.

    Of a model of bits grey levels are binarised, and of one of dequantised levels dequantised, with
    one draw for each datum, always the same, as its own test data were. ``drawn`` says that they
    are.

    Args:
        rows: of a file.
        observe: what a datum is to the model.
        threshold: whether grey levels become bits at ½, and not by a draw.
        device: that of the model.

    Raises:
        ValueError: they are no such data.
    """

    def __init__(self, rows: Rows, observe: Observation, threshold: bool, device: torch.device):
        x = _fit(rows, observe.shape)
        labels, names = as_classes([rows.y]) if rows.y is not None else (None, ())
        labels = labels and dict.fromkeys(SPLITS, labels[0])
        super().__init__(dict.fromkeys(SPLITS, x), labels, observe.levels, "none", SEED)
        self.device, self.class_names = device, tuple(names)
        self.observe, self.threshold = observe, threshold
        self.ids: dict[str, Sequence[str]] | None = None
        self.c: Tensor | None = None  # (N, ...), what is given out as c
        parts = x.split(max(1, ELEMENTS // max(1, x[0].numel())))
        self.are_levels: bool | None = observe.are_levels(parts)
        self.drawn = False
        try:
            grey = False
            for part in parts:  # all are looked at before one is used
                numbers = observe(part, self.are_levels)
                grey |= bool(((numbers != 0) & (numbers != 1) & ~numbers.isnan()).any())
        except ValueError as error:
            message = str(error).removeprefix("x: ")
            raise ValueError(f"{rows.key}: {message} in {rows.place}") from error
        self.drawn = (observe.kind == "bits" and grey) or (observe.dequantize and self.are_levels)
        if self.drawn:
            generator = seeded(SEED)
            drawn = torch.cat([self._draw(part, generator) for part in parts])
            self.values = dict.fromkeys(SPLITS, drawn)

    @property
    def observation(self) -> Observation:
        return self.observe

    def batch(self, split: str, index: Tensor | slice) -> Tensor:
        x = self.values[split][index]
        return (x.float() if self.drawn else self.observe(x, self.are_levels)).to(self.device)

    def at(self, split: str, index: Tensor | slice) -> tuple[Tensor, Tensor | None]:
        return self.batch(split, index), None if self.c is None else self.c[index].to(self.device)

    def _draw(self, part: Tensor, generator: torch.Generator) -> Tensor:
        """Of dequantised levels x is the mean of theirs, from which u − ½ leads to a draw."""
        x = self.observe(part, self.are_levels)
        u = torch.rand(x.shape, generator=generator)
        if self.observe.dequantize:
            return x + (u - 0.5) / (self.observe.levels + 1)
        bits = x > 0.5 if self.threshold else u < x
        return torch.where(x.isnan(), x, bits) if x.isnan().any() else bits.to(torch.uint8)


def _fit(rows: Rows, shape: tuple[int, ...]) -> Tensor:
    """The rows (N, X), of which the axis of a single channel may be left out, that of the channels
    may be last, and, where there are not several of them, all may be one.

    Raises:
        ValueError: they are of another shape.
    """
    x, own = rows.x, tuple(rows.x.shape[1:])
    if len(x) and own == shape:
        return x
    if len(x) and len(shape) == 3 and own == (*shape[1:], shape[0]):
        return x.movedim(-1, 1)
    same_size = x[:1].numel() == torch.Size(shape).numel()
    if same_size and (len(shape) != 3 or shape[0] == 1) and len(own) <= len(shape):
        with suppress(ValueError):  # the axes would be mixed
            return arrange(x, list(shape), "channels_first")
    raise ValueError(
        f"{rows.key}: expected rows of shape {shape}, one or more, got an array of shape "
        f"{tuple(x.shape)}, {rows.place}"
    )
