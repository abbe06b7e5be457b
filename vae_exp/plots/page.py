"""A picture of pixels and words, without matplotlib.

It takes half a second to import, and milliseconds for each word.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Literal

import numpy
from PIL import Image, ImageDraw, ImageFont

DPI = 160  # at which pictures are to be printed
POINT = DPI / 72  # in pixels
FONT = "DejaVuSans.ttf"  # matplotlib's, which brings it
# how far letters reach above and below the line that they stand on, in sizes of the font
ASCENT, DESCENT = 0.76, 0.23
SHIFT = {"top": ASCENT, "center": (ASCENT - DESCENT) / 2, "bottom": -DESCENT, "baseline": 0.0}
ANCHOR = {"left": "ls", "center": "ms", "right": "rs"}


class Page:
    """A white page of so many pixels. Units: pixels, from the top left."""

    def __init__(self, width: int, height: int):
        self.width, self.height = width, height
        self.words: list[str] = []  # what is written on it, in that order
        self._image = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self._image)

    def paste(self, pixels: numpy.ndarray, left: int, top: int) -> None:
        """Put pixels, uint8 (height, width, 3), at that place."""
        self._image.paste(Image.fromarray(pixels), (left, top))

    def write(
        self,
        x: float,
        y: float,
        words: str,
        points: float = 9,
        across: Literal["left", "center", "right"] = "left",
        down: Literal["top", "center", "bottom", "baseline"] = "top",
    ) -> None:
        """Write a line, of which (x, y) is that part."""
        baseline = round(y + SHIFT[down] * points * POINT)
        self._draw.text((x, baseline), words, "black", font(points), ANCHOR[across])
        self.words.append(words)

    def render(self) -> numpy.ndarray:
        """Its pixels: uint8, (height, width, 3)."""
        return numpy.asarray(self._image)


@cache
def font(points: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_file(), points * POINT, layout_engine=ImageFont.Layout.BASIC)


@cache
def font_file() -> Path:
    """The font, without an import of matplotlib, unless its data are kept apart from it."""
    origin = importlib.util.find_spec("matplotlib").origin
    beside = Path(origin).parent / "mpl-data" / "fonts" / "ttf" / FONT
    if beside.exists():
        return beside
    from matplotlib.font_manager import findfont

    return Path(findfont("DejaVu Sans"))
