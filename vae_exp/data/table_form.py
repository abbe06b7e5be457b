"""How a table is written as text."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

KEYS = ("separator", "decimal", "encoding")  # of the section data of a configuration


@dataclass(frozen=True)
class TableForm:
    """What a .csv file, or a .tsv file, is written with.

    Args:
        separator: between the columns of a .csv file; a .tsv file has tabs.
        decimal: before the fraction of a number.
        encoding: of letters as bytes.
        line_end: of each row.

    Raises:
        ValueError: naming the key of ``data`` that is amiss.
    """

    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    line_end: str = "\n"

    def __post_init__(self):
        for key in ("separator", "decimal"):
            value = getattr(self, key)
            if not _is_mark(value):
                hint = "; a file with tabs is called .tsv" if key == "separator" else ""
                raise ValueError(
                    f"data.{key}: expected one character, no letter, digit, quote or sign, got "
                    f"{str(value)[:40]!r}{hint}"
                )
        if self.separator == self.decimal:
            raise ValueError(
                f"data.decimal: expected another character than data.separator, got "
                f"{self.decimal!r} for both"
            )
        try:
            "".encode(self.encoding)
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(
                f"data.encoding: expected one that Python knows, such as utf-8 or cp1252, got "
                f"{str(self.encoding)[:40]!r}"
            ) from error

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "TableForm":
        """That of a configuration's section data; the usual one where it says nothing of it."""
        return cls(**{key: data[key] for key in KEYS if key in data})

    def separator_of(self, suffix: str) -> str:
        """What is between the columns of a file of that suffix."""
        return "\t" if suffix == ".tsv" else self.separator

    def as_in(self, file: Path) -> "TableForm":
        """This form with the line ends, and the byte order mark, of a file."""
        with file.open(encoding=self.encoding, errors="replace", newline="") as opened:
            line_end = "\r\n" if opened.readline().endswith("\r\n") else "\n"
        with file.open("rb") as opened:
            marked = opened.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        encoding = "utf-8-sig" if marked else self.encoding
        return replace(self, line_end=line_end, encoding=encoding)


def _is_mark(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 1 or not value.isascii():
        return False
    return not value.isalnum() and value not in "\"'+-\r\n\0"
