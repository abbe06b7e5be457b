"""How far an evaluation has come, for whoever waits for it."""

from collections.abc import Callable

# called with the part that is under way and the share of it that is done, from 0 to 1
Progress = Callable[[str, float], None]


def silent(part: str, share: float) -> None:
    """Nobody waits."""
