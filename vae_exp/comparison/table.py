"""A comparison on a terminal: one table a block, as wide as there is room for."""

import os
import re
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from vae_exp.cli.errors import printable
from vae_exp.comparison import metrics
from vae_exp.comparison.blocks import Block, Row
from vae_exp.comparison.ranking import Comparison
from vae_exp.configuration.folder_words import shell_word

UNBOUNDED = 10_000  # columns, for a reader that is no terminal
MOST_FOLDERS = 4  # of a row
NARROWEST_LABEL = 20


def print_comparison(comparison: Comparison) -> None:
    """Print the blocks, the runs that are not ranked, and the notes."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = UNBOUNDED
    if comparison.reasons:
        print_text(console, f"Ranked apart: {'; '.join(comparison.reasons)}.")
    for block in comparison.blocks:
        print_text(console, "")
        print_text(console, block.heading, "bold")
        if common := comparison.common(block):
            print_text(console, f"all with {common}")
        _print_block(console, comparison, block)
    if comparison.unranked:
        print_text(console, "")
        print_text(console, "Not ranked: no test metrics", "bold")
        for row in comparison.unranked:
            result = row.results[0]
            label = row.configuration.label([*comparison.all_columns, "seed"])
            print_text(console, f"  {result.status}  {result.folder}  {label}")
        results = [row.results[0] for row in comparison.unranked]
        stopped = [r.folder for r in results if r.status in ("unfinished", "preempted")]
        if stopped:
            word = shell_word("resume", stopped[0])
            print_text(console, f"python -m vae_exp.run {word} goes on", "dim")
    for note in comparison.notes:
        print_text(console, note, "dim")


def print_text(console: Console, text: str, style: str = "") -> None:
    """A line, whatever characters are in it, left to the terminal to wrap."""
    console.print(Text(printable(text), style), soft_wrap=True)


def _print_block(console: Console, comparison: Comparison, block: Block) -> None:
    """The first layout that fits; what it leaves out is said, numbers are never cut."""
    names = comparison.shown(metrics.ON_TERMINAL)
    layouts = list(_layouts(comparison, block, names, console.width))
    fitting = (layout for layout in layouts if _width(layout[0]) <= console.width)
    table, left_out = next(fitting, layouts[-1])
    terminal, console.width = console.width, max(console.width, _width(table))
    console.print(table)
    console.width = terminal
    if left_out:
        more = ", ".join(metrics.short(name) for name in left_out)
        print_text(
            console, f"no room for {more} (--metrics chooses; --csv and the page have all)", "dim"
        )


def _layouts(
    comparison: Comparison, block: Block, names: Sequence[str], room: int
) -> Iterator[tuple[Table, list[str]]]:
    """From the widest to the narrowest, each with the metrics that it leaves out."""
    if room == UNBOUNDED:
        yield _table(block, block.columns, names, folders=False, fold=False), []
        return
    yield _table(block, block.columns, names, folders=True), []
    yield _table(block, block.columns, names, folders=False), []
    fewest = len(names) if comparison.asked else 1
    for kept in range(len(names) - 1, max(fewest, 2) - 1, -1):
        yield _table(block, block.columns, names[:kept], folders=False), list(names[kept:])
    for kept in range(len(names), fewest - 1, -1):
        table = _table(block, None, names[:kept], folders=False)
        spare = room - _width(table)
        table.columns[0].width += max(0, min(spare, _longest_label(block) - NARROWEST_LABEL))
        yield table, list(names[kept:])


def _width(table: Table) -> int:
    console = Console(width=UNBOUNDED)
    return Measurement.get(console, console.options, table).maximum


def _table(
    block: Block, columns: Sequence[str] | None, names: Sequence[str], folders: bool, fold=True
) -> Table:
    """A column for all that differs, the number of runs, metrics, folders.

    Args:
        columns: what differs; None puts all of it into one column, which wraps.
        fold: whether a heading longer than its numbers takes several lines.
    """
    numbers = block.numbers(names)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    if columns is None:
        table.add_column("configuration", overflow="fold", width=NARROWEST_LABEL)
    for column in columns or []:
        table.add_column(Text(printable(column)), no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    for name, texts in numbers:
        heading = printable(metrics.short(name))
        if fold:
            heading = _folded(heading, max(map(len, texts)))
        table.add_column(Text(heading), justify="right", no_wrap=True)
    if folders:
        table.add_column("folders", no_wrap=True)
    for number, row in enumerate(block.rows):
        if columns is None:
            told = [row.configuration.label(block.columns) or "–"]
        else:
            told = [row.configuration.shown(column) or "–" for column in columns]
        cells = [*told, str(row.n), *(texts[number] for _, texts in numbers)]
        if folders:
            cells.append(_folders(row))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _folded(heading: str, width: int) -> str:
    """The heading broken after spaces, underscores and slashes into lines of about that width."""
    lines = [""]
    for word in re.findall(r"[^_/ ]*[_/ ]?", heading):
        if lines[-1] and len(lines[-1] + word) > width:
            lines.append("")
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def _longest_label(block: Block) -> int:
    return max(len(row.configuration.label(block.columns)) for row in block.rows)


def _folders(row: Row) -> str:
    folders = [result.folder for result in row.results]
    more = len(folders) - MOST_FOLDERS
    return " ".join(folders[:MOST_FOLDERS]) + (f" and {more} more" if more > 0 else "")
