"""The notebooks as pages, with the outputs that they are stored with."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def on_files(files: Files, config: MkDocsConfig, **_: object) -> Files:
    """mkdocs: the files of the site, with a page for each notebook, which lies beside it."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        text = "\n\n".join(page(path)) + "\n"
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
    return files


def page(path: Path) -> Iterator[str]:
    """The Markdown of each cell of a notebook."""
    first, *others = json.loads(path.read_text())["cells"]
    yield _text(first["source"])
    yield f"This is a notebook: [{path.name}]({path.name}), to run and to change."
    for cell in others:
        if cell["cell_type"] == "markdown":
            yield _text(cell["source"])
        else:
            yield f"```python\n{_text(cell['source'])}\n```"
            yield from _outputs(cell["outputs"])


def _outputs(outputs: list[dict[str, Any]]) -> Iterator[str]:
    """Pictures, and texts, of which those that come one after the other are one."""
    for is_picture, group in groupby(outputs, lambda output: "image/png" in _data(output)):
        if is_picture:
            for output in group:
                png = _text(_data(output)["image/png"]).strip()
                yield f"![output](data:image/png;base64,{png})"
        else:
            texts = (_text(o.get("text", _data(o).get("text/plain", ""))) for o in group)
            text = COLOURS.sub("", "".join(texts)).rstrip()
            yield f'<div class="output" markdown>\n```text\n{text}\n```\n</div>'


def _data(output: dict[str, Any]) -> dict[str, Any]:
    return output.get("data", {})


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)
