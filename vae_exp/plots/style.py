"""How every figure of matplotlib looks, and how it becomes an array of bytes."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import matplotlib
import numpy
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from vae_exp.plots.page import DPI

MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*", "<", ">")
LINE_STYLES = ("-", "--", ":", "-.")
GREY = "0.6"


def paper() -> AbstractContextManager:
    """The settings in force while figures are made and rendered, whatever the user's own are."""
    return matplotlib.rc_context(
        {
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.titlesize": 9,
            "axes.titley": 1.0,  # else all above the axes is measured to find a place for it
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
            "lines.linewidth": 1.2,
            "text.usetex": False,
            "text.hinting": "none",  # takes time, and does nothing for letters of this size
        }
    )


def on_paper(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Have a function that makes a figure make it with these settings."""

    @functools.wraps(draw)
    def draw_on_paper(*args: Any, **kwargs: Any) -> Figure:
        with paper():
            return draw(*args, **kwargs)

    return draw_on_paper


def new_figure(width: float, height: float, **settings: Any) -> Figure:
    """An empty figure of that many pixels, to be drawn without a window."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white", **settings)
    FigureCanvasAgg(figure)
    return figure


def add_axes(figure: Figure, left: int, top: int, width: int, height: int, **settings: Any) -> Axes:
    """Axes at this place of the figure. Units: pixels, from the top left."""
    across, down = (figure.get_size_inches() * DPI).round()
    place = (left / across, 1 - (top + height) / down, width / across, height / down)
    return figure.add_axes(place, **settings)


def render_figure(figure: Figure) -> numpy.ndarray:
    """The figure's pixels: uint8, (height, width, 3)."""
    with paper():
        figure.canvas.draw()
    return numpy.asarray(figure.canvas.buffer_rgba())[..., :3].copy()
