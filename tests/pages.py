"""What the README and the pages of docs/ have in them: blocks of code, commands, links."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def text(page: Path) -> str:
    """What it says; nothing where there is no such page, as in an installed package."""
    return page.read_text() if page.exists() else ""


def blocks(page: Path, language: str) -> list[str]:
    """Its blocks of code in that language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", text(page), flags=re.S | re.M)
    return [block for kind, block in found if kind == language]


def commands(page: Path) -> list[list[str]]:
    """Its commands ``python -m vae_exp.<module> ...``, as [module, word, ...]."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    words = [shlex.split(line.rpartition("&& ")[2], comments=True) for line in lines]
    return [
        [module.removeprefix("vae_exp."), *rest]
        for module, *rest in (w[w.index("-m") + 1 :] for w in words if "-m" in w)
        if module.startswith("vae_exp.")
    ]


def first_values(words: list[str]) -> list[str]:
    """The words of the first job of a sweep."""
    return [re.sub(r"^([\w./@]+=)([^,\[{]+),.*", r"\1\2", word) for word in words]


def anchors(page: Path) -> set[str]:
    """What a link may point to in it, as GitHub makes it of headings."""
    prose = re.sub(r"^```.*?^```", "", text(page), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.*)$", prose, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    """Its links to files and headings here."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text(page)))
    return [link for link in found if "://" not in link]
