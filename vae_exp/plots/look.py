"""How curves, bars and markers look.

They are drawn several times too large and then made smaller, which smooths them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy
from PIL import Image, ImageDraw

from vae_exp.plots.page import POINT

SMOOTH = 3  # times too large
EDGE = 1.25  # the size of a marker with its edge, to that without
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

    def draw_line(self, draw: ImageDraw.ImageDraw, places: numpy.ndarray) -> None:
        """Join these places, (n, 2) in pixels of the large image."""
        width = round(self.line * POINT * SMOOTH)
        for piece in _dashes(places, self.dashes) if self.dashes else [places]:
            draw.line(piece.flatten().tolist(), self.color, width, "curve")

    def draw_markers(self, draw: ImageDraw.ImageDraw, places: numpy.ndarray) -> None:
        """Mark these places, if there is a marker."""
        if self.marker is None:
            return
        corners = self.marker * (1, -1) * self.radius * POINT * SMOOTH
        inside = (places[:, None] + corners).reshape(len(places), -1).tolist()
        if self.edge is None:
            for shape in inside:
                draw.polygon(shape, self.color)
            return
        around = (places[:, None] + EDGE * corners).reshape(len(places), -1).tolist()
        for outer, inner in zip(around, inside):  # Pillow's own outlines take five times as long
            draw.polygon(outer, self.edge)
            draw.polygon(inner, self.color)

    def draw_bar(self, draw: ImageDraw.ImageDraw, corners: tuple[float, ...]) -> None:
        """Fill what lies between its left, top, right and bottom."""
        left, top, right, bottom = corners
        if right - left < 1:  # as in a chart of thousands of bars
            right = left + 1
        draw.rectangle((left, top, right, bottom), self.color, self.edge, SMOOTH)

    def sample(self, width: int, height: int) -> numpy.ndarray:
        """What a legend shows of it: pixels, uint8 (height, width, 3)."""
        image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), "white")
        draw, middle = ImageDraw.Draw(image), numpy.array(image.size) / 2
        if self.line:
            self.draw_line(draw, middle * numpy.array([[0.1, 1.0], [1.9, 1.0]]))
        self.draw_markers(draw, middle[None])
        if self.marker is None and not self.line:
            self.draw_bar(draw, (*(middle * (0.4, 0.3)), *(middle * (1.6, 1.7))))
        return numpy.asarray(image.reduce(SMOOTH))


def _dashes(places: numpy.ndarray, dashes: tuple[float, float]) -> Iterator[numpy.ndarray]:
    """The strokes of a broken line along these points."""
    stroke, gap = (length * POINT * SMOOTH for length in dashes)
    steps = numpy.hypot(*numpy.diff(places, axis=0).T)
    along = numpy.concatenate([[0.0], steps.cumsum()])
    for start in numpy.arange(0.0, along[-1], stroke + gap):
        inside = along[(along > start) & (along < start + stroke)]
        at = numpy.array([start, *inside, min(start + stroke, along[-1])])
        yield numpy.stack([numpy.interp(at, along, side) for side in places.T], axis=1)
