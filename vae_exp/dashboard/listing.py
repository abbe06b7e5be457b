"""A page as a list on the terminal: its runs, its table, and what each panel answers."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vae_exp.cli.errors import printable
from vae_exp.dashboard.panel import Section
from vae_exp.dashboard.scope import Scope
from vae_exp.dashboard.sections import LOG_LIKELIHOOD


def print_page(scope: Scope, found: Sequence[Section], columns: Sequence[str]) -> None:
    """Print it.

    Args:
        columns: of the table of runs.
    """
    console = Console(highlight=False)
    console.print(Text(printable(scope.name), "bold"))
    facts = Table.grid(padding=(0, 2))
    facts.add_row("runs", Text(printable(_runs(scope))))
    facts.add_row("one line for", "each job type: what differs but for the seed")
    facts.add_row("table", Text(printable(", ".join(map(_short, columns)))))
    facts.add_row("sorted by", f"{LOG_LIKELIHOOD}, the largest first")
    console.print(facts)
    for number, section in enumerate(found, start=1):
        console.print(Text(f"\n{number}. {section.question}", "bold"))
        console.print(_panels(section))


def _runs(scope: Scope) -> str:
    shown = [f"group {name}" for name in scope.groups] + [f"sweep {name}" for name in scope.sweeps]
    return f"of {scope.project}: {', '.join(shown) or 'all'}"


def _short(column: str) -> str:
    """As the table's heading has it: ``config:settings.value.objective.beta`` without its place."""
    name = column.partition(":")[2].replace(".value", "").removeprefix("settings.")
    return {"displayName": "name"}.get(name, name)


def _panels(section: Section) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, expand=True)
    table.add_column("panel", overflow="fold", ratio=4)
    table.add_column("drawn as", overflow="fold", width=13)
    table.add_column("what it answers", overflow="fold", ratio=7)
    for panel in section.panels:
        cells = (panel.title, panel.drawn_as, panel.answers)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table
