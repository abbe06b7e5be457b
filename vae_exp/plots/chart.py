"""Two axes on a page, and the curves, bars and points between them.

Lines are drawn several times too large and then made smaller, which smooths them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy
from PIL import Image, ImageDraw

from vae_exp.plots.axis import Axis
from vae_exp.plots.page import POINT, Page, width_of

SMOOTH = 3  # times too large
TICK = 7  # pixels from an axis outwards
GAP = 6  # from there to the number
X_TICKS, Y_TICKS = 5, 7
ABOVE = 10  # from the axes up to the title
LINE = 28  # from one line of the title to the next
EDGE = 1.25  # the size of a marker with its edge, to that without
ACROSS = 44  # from the x-axis to what it counts
BESIDE = 18  # from the numbers along y to what they count
POINTS, KEY_GAP, BETWEEN = 9.0, 8, 26  # of a legend: letters, from a key to its name, to the next
FAR = 20  # charts: how far beyond one something is drawn, for Pillow counts in 32 bits
DASHED, DOTTED = (5.0, 3.0), (1.2, 2.0)  # lengths of a stroke and of a gap, in points
Corners = numpy.ndarray  # of a marker, (n, 2)


@dataclass(frozen=True)
class Look:
    """How a curve, bar or point looks, and what the legend calls it.

    Args:
        color: of lines, and of what is inside of bars and markers.
        edge: the colour around bars and markers, or none.
        marker: the shape of points, or none.
        radius: of a marker, in points.
        line: the width of a curve, in points; 0 for none.
        dashes: the lengths of its strokes and gaps, in points; none for an unbroken one.
    """

    color: str
    name: str = ""
    edge: str | None = None
    marker: Corners | None = None
    radius: float = 2.0
    line: float = 0.0
    dashes: tuple[float, float] | None = None


class Chart:
    """Axes at this place of a page. Units: pixels, from the top left.

    Args:
        x, y: the ranges.
    """

    def __init__(self, page: Page, left: int, top: int, width: int, height: int, x: Axis, y: Axis):
        self.page, self.x, self.y = page, x, y
        self.left, self.top, self.width, self.height = left, top, width, height
        self.drawn: list[tuple[Look, numpy.ndarray]] = []  # with its data (n, 2), in that order
        self._image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), "white")
        self._draw = ImageDraw.Draw(self._image)
        page.charts.append(self)

    def curve(self, x: Sequence[float], y: Sequence[float], look: Look) -> None:
        """Join the points; where one is not finite, there is a gap."""
        places = self._places(x, y, look)
        for piece in _finite_pieces(places):
            _stroke(self._draw, piece, look)
        self._mark(places, look)

    def points(self, x: Sequence[float], y: Sequence[float], look: Look) -> None:
        """Mark them; one that is not finite is left out."""
        self._mark(self._places(x, y, look), look)

    def bars(self, x: Sequence[float], heights: Sequence[float], width: float, look: Look) -> None:
        """From 0, or the bottom, up to these heights; ``width`` is a difference of x."""
        places = self._places(x, heights, look)
        half = width / (self.x.high - self.x.low) * self._image.width / 2
        base = self._shares(numpy.array([[self.x.low, max(self.y.low, 0.0)]]))[0, 1]
        base *= self._image.height
        for across, up in places[numpy.isfinite(places).all(1)].tolist():
            corners = across - half, min(up, base), across + half, max(up, base)
            _box(self._draw, corners, look)

    def across(self, y: float, look: Look) -> None:
        """A line from left to right."""
        self.curve([self.x.low, self.x.high], [y, y], look)

    def upwards(self, x: float, look: Look) -> None:
        """A line from the bottom to the top."""
        self.curve([x, x], [self.y.low, self.y.high], look)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies on the page."""
        across, down = self._shares(numpy.array([[x, y]]))[0]
        return self.left + across * self.width, self.top + down * self.height

    def finish(
        self, x_label: str, y_label: str, title: str = "", names: dict[float, str] | None = None
    ) -> None:
        """Put it on the page, with axes and words around it.

        Args:
            names: what to write along x instead of numbers.
        """
        page, bottom, right = self.page, self.top + self.height, self.left + self.width
        page.paste(numpy.asarray(self._image.reduce(SMOOTH)), self.left, self.top)
        page.line((self.left, self.top), (self.left, bottom), (right, bottom))
        middle = self.left + self.width / 2
        for i, line in enumerate(reversed(title.split("\n"))):
            page.write(middle, self.top - ABOVE - i * LINE, line, across="center", down="bottom")
        ticks = self.x.ticks(X_TICKS) if names is None else names
        for value, written in ticks.items():
            across, _ = self.place(value, self.y.low)
            page.line((across, bottom), (across, bottom + TICK))
            page.write(across, bottom + TICK + GAP, written, across="center")
        page.write(middle, bottom + ACROSS, x_label, across="center")
        ticks, edge = self.y.ticks(Y_TICKS), self.left - TICK - GAP
        for value, written in ticks.items():
            _, down = self.place(self.x.low, value)
            page.line((self.left - TICK, down), (self.left, down))
            page.write(edge, down, written, across="right", down="center")
        widest = max((width_of(written, 9) for written in ticks.values()), default=0)
        page.write_upwards(edge - widest - BESIDE, self.top + self.height / 2, y_label)

    def _places(self, x: Sequence[float], y: Sequence[float], look: Look) -> numpy.ndarray:
        data = numpy.stack([numpy.asarray(x, float), numpy.asarray(y, float)], axis=1)
        self.drawn.append((look, data))
        return self._shares(data).clip(-FAR, FAR) * self._image.size

    def _shares(self, data: numpy.ndarray) -> numpy.ndarray:
        """Of the way from left to right, and from top to bottom."""
        return numpy.stack([self.x.share(data[:, 0]), 1 - self.y.share(data[:, 1])], axis=1)

    def _mark(self, places: numpy.ndarray, look: Look) -> None:
        if look.marker is not None:
            _shapes(self._draw, places[numpy.isfinite(places).all(1)], look)


def legend(page: Page, down: float, looks: Sequence[Look], title: str = "") -> None:
    """The looks that have a name, side by side in the middle of a page, small if need be.

    Args:
        down: their middle, below which the page has 16 pixels or more.
    """
    named = [look for look in looks if look.name]
    if not named:
        return
    keys = [44 if look.line or look.marker is None else 22 for look in named]
    names = [width_of(look.name, POINTS) for look in named]
    whole = sum(keys) + sum(names) + (KEY_GAP + BETWEEN) * len(named)
    size = min(1.0, page.width / (whole + BETWEEN))
    points = math.floor(10 * POINTS * size) / 10
    left = (page.width - size * (whole - BETWEEN)) / 2
    if title:
        page.write(page.width / 2, down - LINE, title, across="center", down="center")
    for look, key, name in zip(named, keys, names):
        page.paste(_sample(look, round(size * key), 24), round(left), round(down) - 12)
        page.write(left + size * (key + KEY_GAP), down, look.name, points, down="center")
        left += size * (key + KEY_GAP + name + BETWEEN)


def _sample(look: Look, width: int, height: int) -> numpy.ndarray:
    image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), "white")
    draw, middle = ImageDraw.Draw(image), numpy.array(image.size) / 2
    if look.line:
        _stroke(draw, middle * numpy.array([[0.1, 1.0], [1.9, 1.0]]), look)
    if look.marker is not None:
        _shapes(draw, middle[None], look)
    elif not look.line:
        _box(draw, (*(middle * (0.4, 0.3)), *(middle * (1.6, 1.7))), look)
    return numpy.asarray(image.reduce(SMOOTH))


def _stroke(draw: ImageDraw.ImageDraw, places: numpy.ndarray, look: Look) -> None:
    width = round(look.line * POINT * SMOOTH)
    for piece in _dashes(places, look.dashes) if look.dashes else [places]:
        draw.line(piece.flatten().tolist(), look.color, width, "curve")


def _shapes(draw: ImageDraw.ImageDraw, places: numpy.ndarray, look: Look) -> None:
    corners = look.marker * (1, -1) * look.radius * POINT * SMOOTH
    inside = (places[:, None] + corners).reshape(len(places), -1).tolist()
    if look.edge is None:
        for shape in inside:
            draw.polygon(shape, look.color)
        return
    around = (places[:, None] + EDGE * corners).reshape(len(places), -1).tolist()
    for outer, inner in zip(around, inside):  # Pillow's own outlines take five times as long
        draw.polygon(outer, look.edge)
        draw.polygon(inner, look.color)


def _box(draw: ImageDraw.ImageDraw, corners: tuple[float, ...], look: Look) -> None:
    left, top, right, bottom = corners
    if right - left < 1:  # as in a chart of thousands of bars
        right = left + 1
    draw.rectangle((left, top, right, bottom), look.color, look.edge, SMOOTH)


def _finite_pieces(places: numpy.ndarray) -> Iterator[numpy.ndarray]:
    """The runs of two and more points that are finite."""
    breaks = numpy.flatnonzero(~numpy.isfinite(places).all(1)).tolist()
    for before, after in pairwise([-1, *breaks, len(places)]):
        if after - before > 2:
            yield places[before + 1 : after]


def _dashes(places: numpy.ndarray, dashes: tuple[float, float]) -> Iterator[numpy.ndarray]:
    """The strokes of a broken line along these points."""
    stroke, gap = (length * POINT * SMOOTH for length in dashes)
    steps = numpy.hypot(*numpy.diff(places, axis=0).T)
    along = numpy.concatenate([[0.0], steps.cumsum()])
    for start in numpy.arange(0.0, along[-1], stroke + gap):
        inside = along[(along > start) & (along < start + stroke)]
        at = numpy.array([start, *inside, min(start + stroke, along[-1])])
        yield numpy.stack([numpy.interp(at, along, side) for side in places.T], axis=1)
