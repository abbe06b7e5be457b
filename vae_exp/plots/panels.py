"""A page with charts side by side."""

from vae_exp.plots.page import Page

# in pixels
LEFT = 160  # of each panel, for numbers of six digits and what they count
RIGHT = 20
HEADING = 48  # of the page
BELOW = 84  # for the numbers along the axis and what they count
LINE = 28
LEGEND = 34

Place = tuple[int, int, int, int]  # left, top, width and height


def panels(
    count: int, width: int, height: int, heading: str, title_lines: int, legend_lines: int = 1
) -> tuple[Page, list[Place]]:
    """A page of that many pixels, and the places of its charts from left to right.

    Args:
        heading: of the whole page.
        title_lines: how many lines the title of a chart has at most.
        legend_lines: how many the legend at the bottom has.
    """
    page = Page(width, height)
    page.write(width / 2, 10, heading, 11, across="center")
    top = HEADING + LINE * title_lines
    each = width // count
    down = height - top - BELOW - LEGEND * legend_lines
    places = [(i * each + LEFT, top, each - LEFT - RIGHT, down) for i in range(count)]
    return page, places
