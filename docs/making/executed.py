"""Runs the commands of a page and writes what they print into it.

    python docs/making/executed.py docs/tutorial.md

Each block ``sh`` is run, in order and in one scratch folder; the block ``text`` below it becomes
its output. A comment ``picture: file name`` copies a picture that the commands have made.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

STEP = re.compile(
    r"```sh\n(?P<command>.*?)```\n\n```text\n(?P<output>.*?)```|"
    r"<!-- picture: (?P<file>\S+) (?P<name>\S+) -->",
    flags=re.S,
)
WIDTH = 1000  # of a picture, at most
CLOCK = re.compile(r"^\[[\d :,-]+\]\[HYDRA\] \s*")


def run(command: str, folder: Path) -> str:
    """What it prints; no account, one thread and a page of a hundred columns."""
    chosen = {"WANDB_MODE": "disabled", "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    words = command.replace("python ", f"{sys.executable} ", 1)
    done = subprocess.run(
        words,
        shell=True,
        cwd=folder,
        env={**os.environ, **chosen},
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 2):
        raise RuntimeError(f"{command}: exit code {done.returncode}\n{done.stderr}")
    return shortened(f"{done.stderr}\n{done.stdout}".replace(str(folder) + "/", ""))


def shortened(text: str) -> str:
    """Without empty lines and the clock; of a run's epochs the first and the last."""
    lines = [CLOCK.sub("", line.rstrip()) for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("evaluating: ")]
    kept = []
    for place, line in enumerate(lines):
        around = lines[max(place - 1, 0)], lines[min(place + 1, len(lines) - 1)]
        if line.startswith("epoch") and all(other.startswith(("epoch", "…")) for other in around):
            line = "…"
        if line != "…" or kept[-1] != "…":
            kept.append(line)
    return "\n".join(kept)


def executed(page: str, folder: Path, keep: Callable[[Path, str], None]) -> str:
    """The page with new outputs.

    Args:
        keep: is called with each picture and its name.
    """

    def replace(found: re.Match[str]) -> str:
        if found["file"] is not None:
            keep(folder / found["file"], found["name"])
            return found[0]
        print(found["command"].strip(), flush=True)
        output = run(found["command"], folder)
        return f"```sh\n{found['command']}```\n\n```text\n{output}\n```"

    return STEP.sub(replace, page)


def outputs(page: str) -> Iterator[tuple[str, str]]:
    """The commands of a page, and the outputs that stand below them."""
    for found in STEP.finditer(page):
        if found["command"] is not None:
            yield found["command"].strip(), found["output"].strip()


def keep_beside(page: Path) -> Callable[[Path, str], None]:
    """Writes pictures beside the page, as WebP."""

    def keep(file: Path, name: str) -> None:
        (page.parent / name).parent.mkdir(exist_ok=True)
        picture = Image.open(file).convert("RGB")
        picture.thumbnail((WIDTH, WIDTH))
        picture.save(page.parent / name, "webp", quality=70, method=6)

    return keep


def main() -> None:
    for name in sys.argv[1:]:
        page = Path(name)
        with tempfile.TemporaryDirectory() as folder:
            page.write_text(executed(page.read_text(), Path(folder), keep_beside(page)))


if __name__ == "__main__":
    main()
