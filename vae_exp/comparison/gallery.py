"""The pictures of runs, within what a page can carry."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vae_exp.comparison.blocks import Row
from vae_exp.storage.own_file import MOST_PICTURE, own_file

MOST_BYTES = 2_000_000  # of pictures in one page
WIDTH = 640  # pixels, of a picture there
MOST_PIXELS = 20_000_000  # of a picture that is opened
QUALITY = 75
FIRST = ("reconstructions", "samples", "latent_space", "traversals")
DRAWN_ANYWAY = "learning_curves"  # by the page itself
PNG = b"\x89PNG\r\n\x1a\n"


def gallery(rows: Sequence[Row]) -> tuple[list[dict[str, Any]], list[str], int]:
    """Of each row and kind of picture, that of the first run which has it.

    Args:
        rows: the most important ones first: they get their pictures while there is room.

    Returns:
        of each row: kind → the picture as a URI and its run; the kinds; how many had no room.
    """
    found: list[dict[str, tuple[int, Path]]] = [_files(row) for row in rows]
    kinds = sorted({kind for files in found for kind in files}, key=_place)
    pictures: list[dict[str, Any]] = [{} for _ in rows]
    room, left_out, full = MOST_BYTES, 0, False
    for kind in kinds:
        for files, of_row in zip(found, pictures):
            if kind not in files:
                continue
            run, file = files[kind]
            kind_of_image, data = ("", b"") if full else _smaller(file)
            full = full or len(data) > room
            left_out += full
            if not full and data:
                room -= len(data)
                uri = f"data:image/{kind_of_image};base64,{base64.b64encode(data).decode()}"
                of_row[kind] = {"run": run, "uri": uri}
    return pictures, kinds, left_out


def _files(row: Row) -> dict[str, tuple[int, Path]]:
    files: dict[str, tuple[int, Path]] = {}
    for number, result in enumerate(row.results):
        for file in sorted((result.run.path / "plots").glob("*.png")):
            if file.stem != DRAWN_ANYWAY and _is_png(file):
                files.setdefault(file.stem, (number, file))
    return files


def _is_png(file: Path) -> bool:
    try:
        own_file(file.parents[1], file)
    except ValueError:  # a link to a picture elsewhere, which is not to be shown
        return False
    if not file.is_file() or file.stat().st_size > MOST_PICTURE:
        return False
    with file.open("rb") as stream:
        return stream.read(len(PNG)) == PNG


def _smaller(file: Path) -> tuple[str, bytes]:
    """As a page shows it, with the name of its format; nothing where it is no picture after all."""
    from PIL import Image, features

    original = file.read_bytes()
    try:
        with Image.open(io.BytesIO(original), formats=["PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return "", b""
            small = picture.convert("RGB")
    except Exception:  # PIL has many ways to say that it is broken
        return "", b""
    small.thumbnail((WIDTH, MOST_PIXELS))
    kind = "webp" if features.check("webp") else "png"
    stream = io.BytesIO()
    small.save(stream, format=kind, quality=QUALITY, method=1)
    data = stream.getvalue()
    return (kind, data) if len(data) < len(original) else ("png", original)


def _place(kind: str) -> tuple[int, str]:
    return (FIRST.index(kind) if kind in FIRST else len(FIRST)), kind
