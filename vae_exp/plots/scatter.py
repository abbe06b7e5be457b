"""Points in a plane, told apart by class."""

from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from torch import Tensor

from vae_exp.plots.style import COLORS, MARKERS, SKY

OUTLINE = {"edgecolors": "black", "linewidths": 0.4}


def classes(labels: Tensor | None) -> list[int]:
    """The classes to tell apart: none without labels, or with more of them than markers."""
    found = [] if labels is None else labels.unique().tolist()
    return found if len(found) <= len(MARKERS) else []


def class_style(i: int) -> dict[str, Any]:
    """Marker and colour of the i-th class: either alone tells it from the next."""
    return {"marker": MARKERS[i], "color": COLORS[i % len(COLORS)], **OUTLINE}


def scatter(axes: Axes, points: numpy.ndarray, labels: Tensor | None) -> None:
    """Points (N, 2) with the marker of their class, whose name stands at its centre."""
    names = classes(labels)
    if not names:
        axes.scatter(*points.T, s=10, color=SKY, **OUTLINE)
    for i, name in enumerate(names):
        axes.scatter(*points[labels == name].T, s=16, label=str(name), **class_style(i))
    for name in names:
        centre = numpy.median(points[labels == name], axis=0)
        axes.annotate(
            str(name),
            centre,
            ha="center",
            va="center",
            weight="bold",
            size=12,
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )


def add_legend(figure: Figure, axes: Axes) -> None:
    """Below the figure, the marker of each class in ``axes``, if there are any."""
    handles, names = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, title="class", loc="outside lower center", ncols=len(handles))
