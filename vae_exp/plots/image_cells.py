"""Images, pixel by pixel."""

import numpy
import torch
from torch import Tensor

from vae_exp.plots.layout import Bold, Layout

MISSING = (86, 180, 233)  # SKY of style.py
FRAME = 160  # its brightness: told from black and from white
OPAQUE = 255
NEAR, FAR = 3, 6  # pixels from an image to the ring around it, white between


def _packed(colours: numpy.ndarray) -> numpy.ndarray:
    """Colours (*, 3), uint8, with how opaque they are, as one number each: (*,), uint32."""
    shape = colours.shape[:-1]
    four = numpy.full((*shape, 4), OPAQUE, numpy.uint8)
    four[..., :3] = colours
    return four.view(numpy.uint32).reshape(shape)


BLACK, GREY, WHITE = _packed(numpy.array([[0] * 3, [FRAME] * 3, [255] * 3], numpy.uint8))


class ImageCells:
    """Images (R, C, channels, H, W) with values in [0, 1], to which they are clamped.

    A pixel with a channel that is NaN, not observed, is light blue.
    """

    def __init__(self, images: Tensor, caption: str):
        grey_or_rgb = images.nan_to_num(0.5).clamp(0, 1).mul(255).round().to(torch.uint8)
        missing = images.isnan().any(2).numpy()
        self.pixels = grey_or_rgb.movedim(2, -1).expand(-1, -1, -1, -1, 3).numpy().copy()
        self.pixels[missing] = MISSING
        self.shape = self.pixels.shape[:2]
        self.caption = f"{caption}, blue is not observed" if missing.any() else caption

    def fit(self, width: float, height: float) -> tuple[int, int]:
        """A cell's width and height where all take about that space: a whole enlargement."""
        rows, columns, image_height, image_width, _ = self.pixels.shape
        wanted = min(width / (columns * image_width), height / (rows * image_height))
        factor = max(1, round(wanted))
        return image_width * factor, image_height * factor

    def page(self, layout: Layout, bold: Bold = ()) -> numpy.ndarray:
        """All of them in a layout: uint8, (height, width, 4), opaque."""
        width, height = layout.size
        page = numpy.full((height, width), WHITE)
        factor = layout.cell[0] // self.pixels.shape[3]
        colours = _packed(self.pixels)
        for r, c, left, top in layout:
            block = colours[r, c].repeat(factor, axis=0).repeat(factor, axis=1)
            if (r, c) in bold:  # a ring with white between, since images may be as dark as it
                _around(page, left, top, block, FAR)[:] = BLACK
                _around(page, left, top, block, NEAR)[:] = WHITE
            else:
                _around(page, left, top, block, layout.frame)[:] = GREY
            _around(page, left, top, block, 0)[:] = block
        return page.view(numpy.uint8).reshape(height, width, 4)


def _around(page: numpy.ndarray, left: int, top: int, block: numpy.ndarray, by: int):
    """The part of the page that a block takes there, and so many pixels around it."""
    height, width = block.shape[:2]
    return page[top - by : top + height + by, left - by : left + width + by]
