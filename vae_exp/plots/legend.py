"""What the looks on a page stand for."""

import math
from collections.abc import Sequence

from vae_exp.plots.look import Look
from vae_exp.plots.page import Page, width_of

LINE = 28  # pixels from the title to the looks
POINTS, KEY_GAP, BETWEEN = 9.0, 8, 26  # letters, from a key to its name, to the next


def legend(page: Page, down: float, looks: Sequence[Look], title: str = "") -> None:
    """The looks that have a name, side by side in the middle of a page, small if need be.

    Args:
        down: their middle, below which the page has 16 pixels or more.
    """
    named = [look for look in looks if look.name]
    if not named:
        return
    keys = [44 if look.line or look.marker is None else 22 for look in named]
    names = [width_of(look.name, POINTS) for look in named]
    whole = sum(keys) + sum(names) + (KEY_GAP + BETWEEN) * len(named)
    size = min(1.0, page.width / (whole + BETWEEN))
    points = math.floor(10 * POINTS * size) / 10
    left = (page.width - size * (whole - BETWEEN)) / 2
    if title:
        page.write(page.width / 2, down - LINE, title, across="center", down="center")
    for look, key, name in zip(named, keys, names):
        page.paste(look.sample(round(size * key), 24), round(left), round(down) - 12)
        page.write(left + size * (key + KEY_GAP), down, look.name, points, down="center")
        left += size * (key + KEY_GAP + name + BETWEEN)
