"""From what was drawn to pixels."""

from typing import TYPE_CHECKING, Union

import numpy

from vae_exp.plots.page import Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawing = Union[Page, "Figure"]


def render(drawing: Drawing) -> numpy.ndarray:
    """The pixels of a page, or of a figure of matplotlib: uint8, (height, width, 3)."""
    if isinstance(drawing, Page):
        return drawing.render()
    from vae_exp.plots.style import render_figure

    return render_figure(drawing)
