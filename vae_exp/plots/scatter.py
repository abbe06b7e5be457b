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
from vae_exp.plots.style import MARKERS

OUTLINE = {"edgecolors": "black", "linewidths": 0.4}


def class_style(i: int) -> dict[str, Any]:
    """Marker and colour of the i-th class: either alone tells it from the next."""
    return {"marker": MARKERS[i], "color": COLORS[i % len(COLORS)], **OUTLINE}


def scatter(axes: Axes, points: numpy.ndarray, labels: Tensor | None, names: Sequence[str]) -> None:
    """Points (N, 2) with the marker of their class, whose name stands at its centre."""
    found = classes(labels)
    if not found:
        axes.scatter(*points.T, s=10, color=SKY, **OUTLINE)
    for i, label in enumerate(found):
        name = class_name(label, names)
        axes.scatter(*points[labels == label].T, s=16, label=name, **class_style(i))
    for label in found:
        centre = numpy.median(points[labels == label], axis=0)
        axes.annotate(
            class_name(label, names),
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
