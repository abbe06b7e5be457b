"""Sequences and vectors, as lines."""

import numpy
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from torch import Tensor

from vae_exp.plots.colors import BLACK, LINE_COLORS
from vae_exp.plots.labels import number
from vae_exp.plots.layout import Bold, Layout
from vae_exp.plots.style import GREY, LINE_STYLES
from vae_exp.plots.value_range import value_range

MARGIN = 0.06  # of a cell's height, above and below its lines


class LineCells:
    """Lines (R, C, T, F): F over T time steps, or F = 1 over T components; one scale for all."""

    def __init__(self, lines: Tensor, over_time: bool):
        self.lines = lines.numpy()
        self.shape = self.lines.shape[:2]
        self.low, self.high = value_range(lines)
        steps, features = lines.shape[2:]
        self.stepwise = not over_time or steps == 1
        self.styles = [
            {"color": LINE_COLORS[f % len(LINE_COLORS)], "linestyle": LINE_STYLES[f % 4]}
            for f in range(features)
        ]
        names = [f"feature {f}" for f in range(features)] if features > 1 else []
        self.legend = tuple(Line2D([], [], label=n, **s) for n, s in zip(names, self.styles))
        self.caption = (
            f"each cell: {steps} {'time steps' if over_time else 'components'} from left to right, "
            f"values from {number(self.low)} to {number(self.high)}"
            + (", grey line at 0" if self.low < 0 < self.high else "")
        )

    def fit(self, width: float, height: float) -> tuple[int, int]:
        """A cell's width and height where all take about that space."""
        rows, columns = self.shape
        cell_width = int(width / columns)
        return cell_width, int(min(0.75 * cell_width, height / rows))

    def paint(self, axes: Axes, layout: Layout, bold: Bold = ()) -> None:
        """Fill axes that have the layout's size and units."""
        axes.set(xlim=(0, layout.size[0]), ylim=(layout.size[1], 0))
        width, height = layout.cell
        corners = numpy.array([(left, top) for _, _, left, top in layout])  # (R C, 2)

        around = numpy.array([(0, 0), (width, 0), (width, height), (0, height), (0, 0)])
        frames = corners[:, None] + around
        heavy = [(r, c) in bold for r, c, _, _ in layout]
        axes.add_collection(
            LineCollection(
                frames,
                colors=[BLACK if h else GREY for h in heavy],
                linewidths=[1.5 if h else 0.5 for h in heavy],
            )
        )
        if self.low < 0 < self.high:
            zero = corners[:, None] + numpy.array([(0, self._down(0, height))] * 2)
            zero[:, 1, 0] += width
            axes.add_collection(LineCollection(zero, colors=GREY, linewidths=0.5))

        _, _, steps, features = self.lines.shape
        lines = self.lines.reshape(-1, steps, features)  # (R C, T, F)
        if self.stepwise:  # each value from one edge of its step to the other
            along = numpy.arange(steps + 1).repeat(2)[1:-1] / steps
            lines = lines.repeat(2, axis=1)
        else:
            along = numpy.arange(steps) / (steps - 1)
        across = corners[:, :1] + along * width  # (R C, T)
        for f, style in enumerate(self.styles):
            down = corners[:, 1:] + self._down(lines[:, :, f], height)
            path = numpy.stack([across, down], axis=-1)
            axes.add_collection(LineCollection(path, linewidths=1.0, **style))

    def _down(self, value: numpy.ndarray | float, height: int) -> numpy.ndarray | float:
        """How far below the top of a cell a value lies."""
        share = (value - self.low) / (self.high - self.low)
        return height * (1 - MARGIN - (1 - 2 * MARGIN) * share)
