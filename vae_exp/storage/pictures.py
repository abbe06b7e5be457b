"""Pictures as PNG files."""

from pathlib import Path

import numpy

from vae_exp.storage.atomic_write import atomic_write
from vae_exp.storage.png import encode_png


def save_pictures(pictures: dict[str, numpy.ndarray], folder: Path) -> dict[str, Path]:
    """Write each picture, uint8 of (height, width, 3), to ``folder/<name>.png``: the files."""
    if not pictures:
        return {}
    from vae_exp.plots.page import DPI

    files = {name: folder / f"{name}.png" for name in pictures}
    for name, picture in pictures.items():
        with atomic_write(files[name]) as file:
            file.write_bytes(encode_png(picture, DPI))
    return files
