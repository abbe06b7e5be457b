"""Points in a plane, told apart by class, on a page."""

from collections.abc import Sequence

import numpy
from torch import Tensor

from vae_exp.plots.axis import Axis
from vae_exp.plots.chart import Chart
from vae_exp.plots.classes import class_name, classes
from vae_exp.plots.colors import BLACK, COLORS, SKY
from vae_exp.plots.look import Look
from vae_exp.plots.markers import CIRCLE, MARKERS
from vae_exp.plots.page import POINT, Page, width_of
from vae_exp.plots.panels import Place

MARGIN = 0.05  # of the range, at each side
LARGE = 12  # points, of a class's name at its centre
TRIES = 50  # moves of names that lie on each other


def draw_cloud(
    page: Page,
    place: Place,
    points: numpy.ndarray,
    labels: Tensor | None,
    names: Sequence[str],
    words: Sequence[str],
) -> list[Look]:
    """Points (N, 2), as far apart as they are in both directions, and the name of each class at its
    centre. Returns the looks of the classes.

    Args:
        words: the title, and what there is along x and along y.
    """
    title, across, up = words
    chart = Chart(page, *place, *_ranges(points, place))
    found = classes(labels)
    looks = [class_look(i, class_name(label, names)) for i, label in enumerate(found)]
    of_class = [points[labels == label] for label in found]
    if not found:
        chart.points(*points.T, Look(SKY, edge=BLACK, marker=CIRCLE, radius=1.8))
    for look, some in zip(looks, of_class):
        chart.points(*some.T, look)
    chart.finish(across, up, title)
    centres = [chart.place(*numpy.median(some, axis=0)) for some in of_class]
    for look, (x, y) in zip(looks, _apart(centres, [look.name for look in looks])):
        page.write(x, y, look.name, LARGE, "center", "center", bold=True)
    return looks


def class_look(i: int, name: str) -> Look:
    """Of the i-th class: its marker or its colour alone tells it from the next."""
    return Look(COLORS[i % len(COLORS)], name, edge=BLACK, marker=MARKERS[i], radius=2.2)


def _ranges(points: numpy.ndarray, place: Place) -> tuple[Axis, Axis]:
    """Those of x and y around the points, with as many pixels for 1 in both."""
    size = numpy.array(place[2:])
    middle = (points.min(0) + points.max(0)) / 2
    scale = (numpy.ptp(points, axis=0) * (1 + 2 * MARGIN) / size).max() or 1 / size.max()
    low, high = middle - scale * size / 2, middle + scale * size / 2
    return Axis(low[0], high[0]), Axis(low[1], high[1])


def _apart(centres: list[tuple[float, float]], names: list[str]) -> numpy.ndarray:
    """The places of names, moved up and down until none lies on another."""
    places = numpy.array(centres).reshape(-1, 2)
    widths = numpy.array([width_of(name, LARGE, bold=True) for name in names])
    height = 1.1 * LARGE * POINT
    for _ in range(TRIES):
        moved = False
        for i in range(len(names)):
            for j in range(i):
                beside, below = places[i] - places[j]
                if abs(beside) < (widths[i] + widths[j]) / 2 and abs(below) < height - 0.5:
                    step = (height - abs(below)) / 2 * (1 if below >= 0 else -1)
                    places[i, 1] += step
                    places[j, 1] -= step
                    moved = True
        if not moved:
            break
    return places
