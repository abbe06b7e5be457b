"""Data one by one, each a small picture: all of them are drawn at once and cut apart."""

from typing import TYPE_CHECKING

import numpy
from torch import Tensor

from vae_exp.plots.cells import make_cells
from vae_exp.plots.image_cells import ImageCells
from vae_exp.plots.layout import Layout, lay_out
from vae_exp.plots.rendering import render

if TYPE_CHECKING:
    from vae_exp.plots.line_cells import LineCells

SIZE = 112  # pixels, about, of a cell's longer side
GAP = 4


def thumbnails(x: Tensor) -> list[list[numpy.ndarray]]:
    """Pictures of data x (R, C, X), uint8 (height, width, 3) each, on one scale."""
    cells = make_cells(x)
    rows, columns = cells.shape
    layout = lay_out(cells.shape, cells.fit(SIZE * columns, SIZE * rows), GAP)
    page = _page(cells, layout)
    pictures: list[list[numpy.ndarray]] = [[] for _ in range(rows)]
    for r, _, left, top in layout:
        pictures[r].append(page[top : top + layout.cell[1], left : left + layout.cell[0]])
    return pictures


def _page(cells: "ImageCells | LineCells", layout: Layout) -> numpy.ndarray:
    if isinstance(cells, ImageCells):
        return cells.page(layout)[..., :3]
    from vae_exp.plots.style import add_axes, new_figure, paper

    width, height = layout.size
    with paper():
        figure = new_figure(width, height)
        axes = add_axes(figure, 0, 0, width, height, frameon=False, xticks=[], yticks=[])
        cells.paint(axes, layout)
    return render(figure)
