"""Points in a plane, told apart by class."""

from collections.abc import Sequence
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from torch import Tensor

from vae_exp.plots.classes import class_name, classes
from vae_exp.plots.colors import COLORS, SKY
from vae_exp.plots.page import POINT, width_of
from vae_exp.plots.style import MARKERS

LARGE = 12  # points, of a class's name at its centre
MOST_HIDDEN = 0.25  # of the points or of the names, by names
OUTLINE = {"edgecolors": "black", "linewidths": 0.4}


def class_style(i: int) -> dict[str, Any]:
    """Marker and colour of the i-th class: either alone tells it from the next."""
    return {"marker": MARKERS[i], "color": COLORS[i % len(COLORS)], **OUTLINE}


def scatter(axes: Axes, points: numpy.ndarray, labels: Tensor | None, names: Sequence[str]) -> None:
    """Points (N, 2) with the marker of their class, whose name stands at its centre, unless the
    names would hide too many of the points: the legend has them too."""
    found = classes(labels)
    if not found:
        axes.scatter(*points.T, s=10, color=SKY, **OUTLINE)
    for i, label in enumerate(found):
        name = class_name(label, names)
        axes.scatter(*points[labels == label].T, s=16, label=name, **class_style(i))
    written = [class_name(label, names) for label in found]
    centres = [numpy.median(points[labels == label], axis=0) for label in found]
    if not found or hidden(axes, points, centres, written) > MOST_HIDDEN:
        return
    for name, centre in zip(written, centres):
        axes.annotate(
            name,
            centre,
            ha="center",
            va="center",
            weight="bold",
            size=LARGE,
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )


def hidden(
    axes: Axes, points: numpy.ndarray, centres: Sequence[numpy.ndarray], names: Sequence[str]
) -> float:
    """The share of the points (N, 2) that names at these places hide, or of the names, if more,
    that lie on another; about, for axes that are yet to be laid out are of another size then."""
    axes.get_xlim()  # else the range may not have been found yet
    on_page = axes.transData.transform
    places = on_page(numpy.stack(centres))  # (C, 2)
    half = numpy.array([(width_of(n, LARGE, bold=True), LARGE * POINT) for n in names]) / 2

    def beneath(others: numpy.ndarray) -> numpy.ndarray:  # how many names lie on each
        return (abs(others[:, None] - places) < half).all(2).sum(1)

    hidden_points = (beneath(on_page(points)) > 0).mean()
    return float(max(hidden_points, (beneath(places) > 1).mean()))


def add_legend(figure: Figure, axes: Axes) -> None:
    """Below the figure, the marker of each class in ``axes``, if there are any."""
    handles, names = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, title="class", loc="outside lower center", ncols=len(handles))
