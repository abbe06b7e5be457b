"""What one datum looks like, by its event shape: an image, a sequence or a plain vector.

Data come as x of shape (R, C, X), R rows of C columns:

    (1, H, W), (3, H, W)   an image, black at 0 and white at 1, each pixel a square of whole pixels
    (k, H, W)              any other number of channels: one grey image for each, stacked
    (T, F)                 a line over time for each feature; beyond ``MAX_LINES`` a grey row
    (D,)                   a step over each component
"""

from typing import TYPE_CHECKING

from torch import Tensor

from vae_exp.plots.image_cells import ImageCells
from vae_exp.plots.labels import number
from vae_exp.plots.value_range import value_range

if TYPE_CHECKING:
    from vae_exp.plots.line_cells import LineCells

MAX_LINES = 8


def make_cells(x: Tensor) -> "ImageCells | LineCells":
    """The cells for data x (R, C, X)."""
    x = x.detach().float().cpu()
    event = x.shape[2:]
    if len(event) == 3:
        channels = event[0]
        if channels in (1, 3):
            return ImageCells(
                x,
                "pixels: black is 0, white is 1" if channels == 1 else "pixels: values from 0 to 1",
            )
        stacked = x.reshape(*x.shape[:2], 1, -1, event[-1])
        return ImageCells(
            stacked, f"{channels} channels from top to bottom; black is 0, white is 1"
        )
    if len(event) == 2 and event[1] > MAX_LINES:
        low, high = value_range(x)
        grey = (x - low) / (high - low)
        caption = (
            f"from left to right {event[0]} time steps, from top to bottom {event[1]} features, "
            f"black is {number(low)}, white is {number(high)}"
        )
        height = max(1, event[0] // (2 * event[1]))  # of a feature's row: half as high as wide
        rows = grey.transpose(-1, -2).repeat_interleave(height, dim=-2)
        return ImageCells(rows.unsqueeze(2), caption)
    from vae_exp.plots.line_cells import LineCells  # and matplotlib with it

    return LineCells(x.unsqueeze(-1) if len(event) == 1 else x, over_time=len(event) == 2)
