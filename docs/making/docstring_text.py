"""Docstrings as Markdown: what they have as plain text stays what it is."""

import re
from typing import Any

import griffe

CODE = re.compile(r"(``.*?``)", flags=re.S)


class AsMarkdown(griffe.Extension):
    """Asterisks and bars of shapes and formulas, outside of code, are no markup."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None and not obj.is_alias:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """The text with these escaped; indented formulas are code for Markdown already."""
    # the sections of a docstring are indented too
    section, lines = False, []
    for line in text.split("\n"):
        section = section and (not line.strip() or line.startswith(" "))
        section = section or bool(re.match(r"[A-Z]\w+:", line))
        if section or not line.startswith("    "):
            parts = CODE.split(line)
            parts[::2] = (re.sub(r"([*|])", r"\\\1", part) for part in parts[::2])
            line = "".join(parts)
        lines.append(line)
    return "\n".join(lines)
