"""A picture of pixels and words, without matplotlib.

It takes half a second to import, and milliseconds for each word.
"""

import importlib.util
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from vae_exp.plots.chart import Chart

DPI = 160  # at which pictures are to be printed
POINT = DPI / 72  # in pixels
FONT, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"  # matplotlib's, which brings them
# how far letters reach above and below the line that they stand on, in sizes of the font
ASCENT, DESCENT = 0.76, 0.23
SHIFT = {"top": ASCENT, "center": (ASCENT - DESCENT) / 2, "bottom": -DESCENT, "baseline": 0.0}
ANCHOR = {"left": "ls", "center": "ms", "right": "rs"}
HALO = 3  # pixels of white around bold letters


class Page:
    """A white page of so many pixels. Units: pixels, from the top left."""

    def __init__(self, width: int, height: int):
        self.width, self.height = width, height
        self.words: list[str] = []  # what is written on it, in that order
        self.charts: list[Chart] = []
        self._image = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self._image)

    def paste(self, pixels: numpy.ndarray, left: int, top: int) -> None:
        """Put pixels, uint8 (height, width, 3 or 4, of which the last is not looked at), there."""
        self._image.paste(Image.fromarray(pixels), (left, top))

    def line(self, *corners: tuple[float, float]) -> None:
        """A thin black line from corner to corner."""
        self._draw.line([tuple(map(round, corner)) for corner in corners], "black", 2)

    def write(
        self,
        x: float,
        y: float,
        words: str,
        points: float = 9,
        across: Literal["left", "center", "right"] = "left",
        down: Literal["top", "center", "bottom", "baseline"] = "top",
        bold: bool = False,
    ) -> None:
        """Write a line, of which (x, y) is that part; a bold one has white around its letters."""
        baseline = round(y + SHIFT[down] * points * POINT)
        around = {"stroke_width": HALO, "stroke_fill": "white"} if bold else {}
        at, letters = (x, baseline), font(points, bold)
        self._draw.text(at, words, "black", letters, ANCHOR[across], **around)
        self.words.append(words)

    def write_upwards(self, x: float, y: float, words: str, points: float = 9) -> None:
        """Write a line from the bottom to the top, of which (x, y) is the middle."""
        beside = Page(math.ceil(width_of(words, points)), math.ceil(points * POINT))
        beside.write(beside.width / 2, beside.height / 2, words, points, "center", "center")
        turned = beside._image.transpose(Image.Transpose.ROTATE_90)
        self._image.paste(turned, (round(x - turned.width / 2), round(y - turned.height / 2)))
        self.words.append(words)

    def render(self) -> numpy.ndarray:
        """Its pixels: uint8, (height, width, 3)."""
        return numpy.asarray(self._image)


def width_of(words: str, points: float, bold: bool = False) -> float:
    """How long a line is, in pixels."""
    return font(points, bold).getlength(words)


@cache
def font(points: float, bold: bool = False) -> ImageFont.FreeTypeFont:
    basic = ImageFont.Layout.BASIC
    return ImageFont.truetype(font_file(bold), points * POINT, layout_engine=basic)


@cache
def font_file(bold: bool = False) -> Path:
    """The font, without an import of matplotlib, unless its data are kept apart from it."""
    origin = importlib.util.find_spec("matplotlib").origin
    beside = Path(origin).parent / "mpl-data" / "fonts" / "ttf" / (BOLD if bold else FONT)
    if beside.exists():
        return beside
    from matplotlib.font_manager import findfont

    return Path(findfont("DejaVu Sans:bold" if bold else "DejaVu Sans"))
