"""What the rows of a table are called."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import Series


def row_ids(column: "Series") -> list[int | str]:
    """The names of all rows: numbers where the texts are those of whole numbers, and no cell is
    missing, else texts, and an empty one where a cell is missing."""
    texts = column.astype(object).where(column.notna(), "").tolist()
    whole = [int(t) if isinstance(t, int) or _is_whole(t) else None for t in texts]
    return [str(t) for t in texts] if None in whole else whole


def _is_whole(text: Any) -> bool:
    return isinstance(text, str) and text.lstrip("-").isdecimal() and str(int(text)) == text
