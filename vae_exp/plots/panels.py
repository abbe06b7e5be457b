"""A figure of axes side by side, each place known beforehand.

matplotlib's own layouts measure all that is written, twice, which takes as long as drawing it.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vae_exp.plots.style import add_axes, new_figure

# in pixels
LEFT = 128  # of each panel, for numbers of seven digits and what they count
RIGHT = 20
HEADING = 48  # of the figure
BELOW = 84  # for the numbers along the axis and what they count
LINE = 28
ACROSS = 44  # from the axis down to what it counts


def panels(
    count: int, width: int, height: int, heading: str, title_lines: int, legend: int
) -> tuple[Figure, list[Axes]]:
    """A figure of that many pixels, and its axes from left to right.

    Args:
        heading: of the whole figure.
        title_lines: how many lines the title of a panel has at most.
        legend: pixels to leave for what ``legend_below`` puts there.
    """
    figure = new_figure(width, height)
    figure.suptitle(heading, y=1 - 10 / height, va="top")
    top = HEADING + LINE * title_lines
    each = width // count
    size = each - LEFT - RIGHT, height - top - BELOW - legend
    found = [add_axes(figure, i * each + LEFT, top, *size) for i in range(count)]
    for axes in found:
        axes.xaxis.set_label_coords(0.5, -ACROSS / size[1])
    return figure, found


def legend_below(figure: Figure, axes: Axes, title: str | None = None) -> None:
    """At the bottom of the figure what the axes have a name for, if anything, in one row."""
    handles, names = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, title=title, loc="lower center", ncols=len(handles))
