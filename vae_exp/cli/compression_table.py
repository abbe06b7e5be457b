"""How many bits data take, as a person reads it."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from vae_exp.cli.errors import printable

# of the numbers of ``vae_exp.compression.baselines``
NAMES = {
    "plain": "as they are",
    "gzip": "gzip -9",
    "bz2": "bz2 -9",
    "lzma": "lzma",
    "png": "PNG, a file each",
    "png_mosaic": "PNG, all in one",
}


def print_compression(
    title: str, dimensions: int, promised: float, size: int, header: int, others: Mapping[str, int]
) -> None:
    """Print the bytes and the bits a dimension of a file, beside what others make of the data.

    Args:
        dimensions: of all data together.
        promised: −ELBO in bits, of all data together.
        size, header: of the file, and of what is not the data in it, in bytes.
        others: bytes by the names of ``NAMES``.
    """
    table = Table(title=printable(title), title_justify="left")
    table.add_column("")
    for heading in ("bytes", "bits a\ndimension", "above\n−ELBO"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = {"−ELBO of the model": promised / 8, "this file": size, "... of it the header": header}
    rows |= {NAMES[name]: other for name, other in others.items()}
    for name, count in rows.items():
        bits = 8 * count
        compared = promised > 0 and count not in (promised / 8, header)
        above = f"{bits / promised - 1:+.2%}" if compared else ""
        table.add_row(name, f"{count:,.0f}", f"{bits / dimensions:.4f}", above)
    Console().print(table)
