"""LaTeX as MathML, which browsers draw with no script and no font from elsewhere."""

import html
import re

from latex2mathml.converter import convert

FORMULA = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', flags=re.S)
NO_SPACE = re.compile(r"\\(log|exp|det)(?=\s*(?:[A-Za-z]|\\(?:operatorname|mathcal|frac|det|sum)))")
DELIMITERS = re.compile(r"^\s*\\[(\[](.*)\\[)\]]\s*$", flags=re.S)


def on_page_content(content: str, **_: object) -> str:
    """mkdocs: the page's HTML."""
    return FORMULA.sub(_as_mathml, content)


def _as_mathml(found: re.Match[str]) -> str:
    tex = DELIMITERS.sub(r"\1", html.unescape(found[2])).strip()
    tex = NO_SPACE.sub(r"\\\1\\,", tex)  # between a function and what it is of
    if found[1] == "span":
        return convert(tex)
    return f'<div class="formula">{convert(tex, display="block")}</div>'
