"""Data in rows and columns, with title and labels."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from vae_exp.data.moments import Moments
from vae_exp.plots.cells import make_cells
from vae_exp.plots.image_cells import ImageCells
from vae_exp.plots.layout import Bold, Layout, lay_out
from vae_exp.plots.page import Page, width_of
from vae_exp.plots.rendering import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vae_exp.plots.line_cells import LineCells

# in pixels
WIDTH, HEIGHT = 1120, 1400  # about what the cells take
MIN_WIDTH = 1120  # of the picture, so that those of a model are mostly as wide
GAP = 8  # between cells
EDGE = 14  # around everything
LINE = 30  # from one line of text to the next
LETTER = 11  # the width of a letter, about
LARGE, SMALL = 11, 8  # points, of the title and of the notes


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
) -> Drawing:
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
    left = EDGE + max((LETTER * len(label) + GAP for label in rows), default=0)
    top = EDGE + LINE * (2 if columns else 1) + GAP
    words = Words(title, [*notes, cells.caption], rows, columns, left, top)
    draw = _images if isinstance(cells, ImageCells) else _lines
    return draw(cells, layout, words, bold)


@dataclass(frozen=True)
class Words:
    """What is written around the cells, whose left and top edge are at that place, in pixels."""

    title: str
    notes: Sequence[str]
    rows: Sequence[str]
    columns: Sequence[str]
    left: int
    top: int

    def size(self, layout: Layout, more_lines: int) -> tuple[int, int]:
        """Width and height of the picture, in which all that is written has room."""
        longest = max(width_of(text, size) for _, text, size in self.lines(layout))
        reach = max(layout.size[0], GAP + math.ceil(longest))
        width = max(self.left + reach + EDGE, MIN_WIDTH)
        return width, self.below(layout) + LINE * (len(self.notes) + more_lines) + GAP

    def below(self, layout: Layout) -> int:
        """The top of the notes."""
        return self.top + layout.size[1] + GAP

    def lines(self, layout: Layout) -> list[tuple[int, str, int]]:
        """The top of each line, what it says, and its size in points."""
        below = self.below(layout)
        notes = [(below + LINE * i, note, SMALL) for i, note in enumerate(self.notes)]
        return [(EDGE, self.title, LARGE), *notes]


def _images(cells: ImageCells, layout: Layout, words: Words, bold: Bold) -> Page:
    page = Page(*words.size(layout, 0))
    page.paste(cells.page(layout, bold), words.left, words.top)
    width, height = layout.cell
    for top, text in zip(layout.tops, words.rows):
        page.write(words.left, words.top + top + height / 2, text, across="right", down="center")
    for left, text in zip(layout.lefts, words.columns):
        page.write(words.left + left + width / 2, words.top, text, across="center", down="bottom")
    for down, text, size in words.lines(layout):
        page.write(words.left + GAP, down, text, size)
    return page


def _lines(cells: "LineCells", layout: Layout, words: Words, bold: Bold) -> "Figure":
    from vae_exp.plots.line_mosaic import draw_lines

    return draw_lines(cells, layout, words, bold)
