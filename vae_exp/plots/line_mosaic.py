"""A mosaic whose cells are lines, by matplotlib."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from vae_exp.plots.layout import Bold, Layout
from vae_exp.plots.line_cells import LineCells
from vae_exp.plots.style import add_axes, new_figure, on_paper

if TYPE_CHECKING:
    from vae_exp.plots.mosaic import Words


@on_paper
def draw_lines(cells: LineCells, layout: Layout, words: "Words", bold: Bold) -> Figure:
    """The cells in their layout, with the words around them."""
    width, height = words.size(layout, more_lines=bool(cells.legend))
    figure = new_figure(width, height)
    place = (words.left, words.top, *layout.size)
    axes = add_axes(figure, *place, frameon=False, xticks=[], yticks=[])
    cells.paint(axes, layout, bold)
    across, down = layout.cell
    for top, text in zip(layout.tops, words.rows):
        axes.text(0, top + down / 2, text, ha="right", va="center")
    for left, text in zip(layout.lefts, words.columns):
        axes.text(left + across / 2, 0, text, ha="center", va="bottom")
    begin = (words.left + layout.lefts[0]) / width
    for top, text, size in words.lines(layout):
        figure.text(begin, 1 - top / height, text, va="top", fontsize=size)
    if cells.legend:
        figure.legend(handles=cells.legend, loc="lower center", ncols=len(cells.legend), fontsize=8)
    return figure
