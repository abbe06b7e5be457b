"""The table of what each known factor of the data is told by."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from vae_exp.cli.errors import printable

# the name of a score, and what it is
SCORES = {
    "mig": "mutual information gap",
    "sap": "gap of single latents that tell a factor",
    "dci_disentanglement": "a latent matters for one factor",
    "dci_completeness": "one latent matters for a factor",
    "dci_informativeness": "forests that tell the factors",
    "factor_vae_score": "which factor is fixed, by the calmest latent",
    "modularity": "a latent knows of one factor",
}


def factor_table(rows: list[dict[str, Any]], data: list[int]) -> Table:
    """A row for each of ``factors`` of an evaluation, of ``disentanglement_data`` data."""
    table = Table(
        title=f"Known factors ({data[0]} training data, {data[1]} judged)", title_justify="left"
    )
    table.add_column("factor", overflow="fold")
    for title in ("values", "latent", "its nats,\nof", "gap,\nof 1", "SAP", "forest\nright"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        cells = (
            str(row["factor"]),
            str(row["values"]),
            "none" if row["latent"] is None else str(row["latent"]),
            f"{max(row['information']):.2f} / {row['entropy']:.2f}",
            f"{row['mig']:.3f}",
            f"{row['sap']:.3f}",
            f"{row['dci_informativeness']:.1%}",
        )
        table.add_row(*(escape(printable(cell)) for cell in cells))
    return table
