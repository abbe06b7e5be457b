"""The program: ``python -m vae_exp.catalogue [group ...]``: what there is, what fits what."""

import argparse
import inspect
from typing import TYPE_CHECKING

from vae_exp.cli.errors import BEFORE_TRAINING, report_errors
from vae_exp.cli.parser import Parser, exit_codes

if TYPE_CHECKING:
    from vae_exp.configuration.compatibility_tables import Table


def as_markdown(found: list["Table"]) -> str:
    """The page docs/catalogue.md."""
    lines = ["# Catalogue", "", inspect.cleandoc(HEAD)]
    for table in found:
        lines += ["", f"## {table.heading}", ""]
        lines += [table.note, ""] if table.note else []
        cells = [table.columns, ("---",) * len(table.columns), *table.rows]
        lines += [f"| {' | '.join(map(_escaped, row))} |" for row in cells]
    return "\n".join(lines) + "\n"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


HEAD = """
    Made by `python -m vae_exp.catalogue --markdown > docs/catalogue.md`, from the code. Each option
    is a word of the command line, as in `decoder=laplace`; its keys are in
    `conf/<group>/<option>.yaml`, its formula and its source in `vae_exp/<group>/<option>.py`. What
    does not fit is refused before training, with the key to change.
"""


def print_tables(found: list["Table"]) -> None:
    """Print them on the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(highlight=False)
    for table in found:
        shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for column in table.columns:
            shown.add_column(column, overflow="fold")
        for row in table.rows:
            shown.add_row(*map(Text, row))
        console.print(Text(f"\n{table.heading}", "bold"))
        if table.note:
            console.print(Text(table.note))
        console.print(shown)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = Parser("catalogue", "What there is to choose from, and what fits what.")
    parser.add_argument("groups", nargs="*", metavar="group", help="encoder, decoder, ... (all)")
    parser.add_argument("--markdown", action="store_true", help="as docs/catalogue.md")
    return parser


def main() -> None:
    """Run the command line; exit with 0 or 2."""
    with exit_codes(), report_errors(BEFORE_TRAINING):
        arguments = parser().parse_args()
        from vae_exp.configuration.compatibility_tables import tables

        found = tables(*arguments.groups)
        if arguments.markdown:
            print(as_markdown(found), end="")
        else:
            print_tables(found)


if __name__ == "__main__":
    main()
