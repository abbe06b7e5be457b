"""What the code says of an option, below its section on a page of the mathematics.

Pages that name a ``group`` in their front matter have a section for each of its options, headed by
its name as code. Its source is that of the class's docstring.
"""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
COSTS = ROOT / "docs" / "mathematics" / "costs.json"  # by docs/making/costs.py
SECTION = re.compile(r"^### `(\w+)`.*?(?=^##|\Z)", flags=re.S | re.M)
SOURCE = re.compile(r"\bSource: (.*?)(?:\n\s*\n|\Z)", flags=re.S)
SECTION_END = re.compile(r"\n[A-Z]\w+:\s")  # Raises: and so on
ARXIV = re.compile(r"arXiv (\d{4}\.\d{4,5})")
DOI = re.compile(r"doi (10\.\S+[^\s.,;])")
LINK = re.compile(r"(?<![(<])(https?://\S+[^\s.,;])")


def on_page_markdown(markdown: str, page: object, **_: object) -> str:
    """mkdocs: the page's text."""
    group = page.meta.get("group")
    if group is None:
        return markdown

    def with_facts(found: re.Match[str]) -> str:
        return f"{found[0].rstrip()}\n\n{facts(group, found[1])}\n\n"

    return SECTION.sub(with_facts, markdown)


def facts(group: str, option: str) -> str:
    """A paragraph: the word for the command line, its reference, its source; what it costs."""
    module = f"vae_exp.{group}.{option}"
    parts = [f"[`{group}={option}`](../reference/{group}.md#{module})"]
    source = source_of(group, option)
    if source is not None and not source.startswith("see "):
        parts.append(f"source: {linked(source)}")
    return " · ".join([*parts, cost(f"{group}={option}")]) + "\n{ .facts }"


def cost(name: str) -> str:
    """What was measured of an option, see ``docs/making/costs.py``."""
    measured = json.loads(COSTS.read_text())[name]
    if "default" in measured:
        return "the default, which the others' costs are multiples of"
    also = [word for word in measured["words"] if not word.endswith(name)]
    with_these = f" (with `{' '.join(also)}`)" if also else ""
    other = "the default model"
    if measured["beside"]:
        other += f" with `{' '.join(measured['beside'])}`"
    return (
        f"measured{with_these}: {measured['step']:g} × the step and "
        f"{measured['parameters']:g} × the parameters of {other}"
    )


def source_of(group: str, option: str) -> str | None:
    """What stands behind ``Source:`` in the docstrings of the option's module."""
    tree = ast.parse((ROOT / "vae_exp" / group / f"{option}.py").read_text())
    for node in [tree, *tree.body]:
        if isinstance(node, ast.Module | ast.ClassDef):
            found = SOURCE.search(ast.get_docstring(node) or "")
            if found is not None:
                return " ".join(SECTION_END.split(found[1])[0].split()).rstrip(".")
    return None


def linked(source: str) -> str:
    """With links to arXiv and to where a doi leads."""
    source = LINK.sub(r"<\1>", source)
    source = ARXIV.sub(r"[arXiv \1](https://arxiv.org/abs/\1)", source)
    return DOI.sub(r"[doi \1](https://doi.org/\1)", source)
