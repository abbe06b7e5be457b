"""How many data a split has that is held out."""


def how_many(size: int | float, count: int) -> int:
    """``size`` itself, or that share of ``count`` where it is below 1, of which at least two."""
    return max(2, round(size * count)) if 0 < size < 1 else int(size)
