"""Two axes on a page, and the curves, bars and points between them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy
from PIL import Image, ImageDraw

from vae_exp.plots.axis import Axis
from vae_exp.plots.look import SMOOTH, Look
from vae_exp.plots.page import Page, width_of

TICK = 7  # pixels from an axis outwards
GAP = 6  # from there to the number
X_TICKS, Y_TICKS = 5, 7
ABOVE = 10  # from the axes up to the title
LINE = 28  # from one line of the title to the next
ACROSS = 44  # from the x-axis to what it counts
BESIDE = 18  # from the numbers along y to what they count
FAR = 20  # charts: how far beyond one something is drawn, for Pillow counts in 32 bits


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
            look.draw_line(self._draw, piece)
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
            look.draw_bar(self._draw, corners)

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
        look.draw_markers(self._draw, places[numpy.isfinite(places).all(1)])


def _finite_pieces(places: numpy.ndarray) -> Iterator[numpy.ndarray]:
    """The runs of two and more points that are finite."""
    breaks = numpy.flatnonzero(~numpy.isfinite(places).all(1)).tolist()
    for before, after in pairwise([-1, *breaks, len(places)]):
        if after - before > 2:
            yield places[before + 1 : after]
