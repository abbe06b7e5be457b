"""The axes of a file's rows: their shape, and where the channels are."""

import math
from typing import Literal

from torch import Tensor

Layout = Literal["auto", "channels_first", "channels_last"]
MOST_CHANNELS = 4  # of what looks like a picture


def arrange(x: Tensor, shape: list[int] | None, layout: Layout) -> Tensor:
    """Rows (N, ...) in ``shape``, if one is given, then with the channels before height and width.

    Raises:
        ValueError: the shape would mix the axes of the rows, or it is not clear where the channels
            are.
    """
    if shape is not None:
        x = _reshaped(x, shape)
    if x.dim() == 1:
        raise ValueError(
            f"data.path: expected an array (N, X), got one of shape {tuple(x.shape)}; single "
            "numbers need data.shape=[1]"
        )
    own = tuple(x.shape[1:])
    if layout == "channels_last":
        if len(own) != 3:
            raise ValueError(
                "data.layout: expected rows (height, width, channels) for channels_last, got rows "
                f"of shape {own}; set data.layout=auto"
            )
        return x.movedim(-1, 1)
    if layout == "auto" and _looks_channels_last(own):
        raise ValueError(
            f"data.layout: expected rows (channels, height, width), got rows of shape {own}, which "
            "look like images with the channels last; set data.layout=channels_last, which moves "
            "them, or data.layout=channels_first if they are first"
        )
    return x


def _looks_channels_last(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[-1] <= MOST_CHANNELS < min(shape[:-1])


def _reshaped(x: Tensor, shape: list[int]) -> Tensor:
    own = list(x.shape[1:])
    if min(shape, default=0) < 1 or math.prod(shape) != math.prod(own):
        raise ValueError(
            f"data.shape: expected a shape of {math.prod(own)} numbers, as each row of shape "
            f"{tuple(own)} has, got {shape}"
        )
    before, after = _borders(own), _borders(shape)
    if not (before <= after or after <= before):
        last = _looks_channels_last(tuple(own))
        remedy = "leave it out and set data.layout=channels_last" if last else "change the file"
        raise ValueError(
            f"data.shape: expected a shape that splits or joins the axes of the rows, {own}, in "
            f"their order, got {shape}, which would scramble them; {remedy}"
        )
    return x.reshape(len(x), *shape)


def _borders(shape: list[int]) -> set[int]:
    """How many numbers there are up to each axis: a shape that has all of these splits axes."""
    return {math.prod(shape[: axis + 1]) for axis in range(len(shape))} - {1}
