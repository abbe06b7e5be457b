"""Where the cells of a mosaic lie."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

Bold = Collection[tuple[int, int]]  # the row and column of cells with a heavy frame


@dataclass(frozen=True)
class Layout:
    """Rows and columns of equal cells. Units: pixels, from the top left.

    Args:
        cell: a cell's width and height.
        lefts, tops: of each column and of each row.
        size: the width and height of it all.
        frame: the width of the line around a cell, outside of it.
    """

    cell: tuple[int, int]
    lefts: tuple[int, ...]
    tops: tuple[int, ...]
    size: tuple[int, int]
    frame: int

    def __iter__(self) -> Iterator[tuple[int, int, int, int]]:
        """Each cell's row, column, left and top."""
        for r, top in enumerate(self.tops):
            for c, left in enumerate(self.lefts):
                yield r, c, left, top


def lay_out(
    shape: tuple[int, int],
    cell: tuple[int, int],
    gap: int,
    row_breaks: Collection[int] = (),
    column_breaks: Collection[int] = (),
    frame: int = 1,
) -> Layout:
    """So many rows and columns, ``gap`` apart, and three times that before those at a break."""
    rows, columns = shape
    lefts = _starts(columns, cell[0], gap, column_breaks)
    tops = _starts(rows, cell[1], gap, row_breaks)
    size = (lefts[-1] + cell[0] + gap, tops[-1] + cell[1] + gap)
    return Layout(cell, lefts, tops, size, frame)


def _starts(count: int, size: int, gap: int, breaks: Collection[int]) -> tuple[int, ...]:
    steps = (size + (3 * gap if i in breaks else gap) for i in range(1, count))
    return tuple(accumulate(steps, initial=gap))
