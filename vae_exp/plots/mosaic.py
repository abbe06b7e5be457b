"""A figure of data in rows and columns, with title and labels."""

from collections.abc import Collection, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_exp.data.moments import Moments
from vae_exp.plots.cells import make_cells
from vae_exp.plots.layout import Bold, Layout, lay_out
from vae_exp.plots.style import add_axes, new_figure

# in pixels
WIDTH, HEIGHT = 1120, 1400  # about what the cells take
MIN_WIDTH = 1120  # of the figure, so that there is room for what is written
GAP = 8  # between cells
EDGE = 14  # around everything
LINE = 30  # from one line of text to the next
LETTER = 11  # the width of a letter, about


def mosaic(
    x: Tensor,
    title: str,
    notes: Sequence[str] = (),
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    row_breaks: Collection[int] = (),
    column_breaks: Collection[int] = (),
    bold: Bold = (),
    units: Moments | None = None,
) -> Figure:
    """Draw data x (R, C, X), each in its cell.

    Args:
        notes: what to write below, where the scale of the values follows.
        rows, columns: labels on the left and above.
        row_breaks, column_breaks: rows and columns with more space before them.
        bold: row and column of the cells with a heavy frame.
        units: of vectors and sequences, in whose standard deviations from the mean they are drawn,
            for components of 50,000 and of 0.02 have no scale in common.
    """
    if units is not None and x.dim() < 5:
        x = (x - units.loc.to(x)) / units.scale.to(x)
        notes = [*notes, "numbers are in standard deviations from the mean of the training data"]
    cells = make_cells(x)
    layout = lay_out(cells.shape, cells.fit(WIDTH, HEIGHT), GAP, row_breaks, column_breaks)
    notes = [*notes, cells.caption]
    left = EDGE + max((LETTER * len(label) + GAP for label in rows), default=0)
    top = EDGE + LINE * (2 if columns else 1) + GAP
    below = top + layout.size[1] + GAP

    width = max(left + layout.size[0] + EDGE, MIN_WIDTH)
    height = below + LINE * (len(notes) + bool(cells.legend)) + GAP
    figure = new_figure(width, height)
    axes = add_axes(figure, left, top, *layout.size, frameon=False, xticks=[], yticks=[])
    cells.paint(axes, layout, bold)
    _label(axes, layout, rows, columns)
    lines = [(EDGE, title, 11), *((below + LINE * i, note, 8) for i, note in enumerate(notes))]
    for down, text, size in lines:
        figure.text((left + GAP) / width, 1 - down / height, text, va="top", fontsize=size)
    if cells.legend:
        figure.legend(handles=cells.legend, loc="lower center", ncols=len(cells.legend), fontsize=8)
    return figure


def _label(axes: Axes, layout: Layout, rows: Sequence[str], columns: Sequence[str]) -> None:
    width, height = layout.cell
    for top, text in zip(layout.tops, rows):
        axes.text(0, top + height / 2, text, ha="right", va="center")
    for left, text in zip(layout.lefts, columns):
        axes.text(left + width / 2, 0, text, ha="center", va="bottom")
