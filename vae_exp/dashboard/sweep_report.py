"""A W&B report of a sweep: what was tried and what came of it in words, then the panels."""

from collections.abc import Sequence

from wandb_workspaces.reports.v2.interface import (
    H1,
    H2,
    Layout,
    MarkdownBlock,
    OrderBy,
    P,
    PanelGrid,
    Report,
    Runset,
    SummaryMetric,
    UnorderedList,
)

from vae_exp.comparison import metrics
from vae_exp.comparison.blocks import Block
from vae_exp.comparison.ranking import Comparison
from vae_exp.dashboard import sections
from vae_exp.dashboard.scope import Scope
from vae_exp.dashboard.view import filters, table_columns

WIDTH, HEIGHT = 12, 8  # of a panel, in the 24 columns of a report: two beside each other


def build_report(scope: Scope, found: Sequence[sections.Section], comparison: Comparison) -> Report:
    """The report.

    Args:
        found: the sections of the page, see ``sections.sections``.
        comparison: of the sweep's runs.
    """
    blocks = [*_results(comparison)]
    for section in found:
        panels = [panel.plot for panel in section.panels]
        for number, plot in enumerate(panels):
            row, column = divmod(number, 2)
            plot.layout = Layout(x=column * WIDTH, y=row * HEIGHT, w=WIDTH, h=HEIGHT)
        blocks += [
            H2(text=section.question),
            UnorderedList(items=[f"{panel.title}: {panel.answers}" for panel in section.panels]),
            PanelGrid(runsets=[_runset(scope)], panels=panels),
        ]
    return Report(
        project=scope.project,
        entity=scope.entity or "",
        title=scope.name,
        description=_varied(comparison),
        blocks=blocks,
        width="fluid",
    )


def as_json(report: Report) -> str:
    """As W&B's interface takes it, but for the way that it packs ``spec`` into a string."""
    return report._to_model().model_dump_json(by_alias=True, exclude_none=True, indent=2) + "\n"


def _varied(comparison: Comparison) -> str:
    differing = ", ".join(comparison.all_columns) or "nothing but the seed"
    runs, configurations = len(comparison.results), comparison.configurations
    return f"{runs} runs of {configurations} configurations, which differ in {differing}"


def _results(comparison: Comparison) -> list[H1 | P | MarkdownBlock]:
    """The best of each block of comparable runs, its table, and what to know of the numbers."""
    blocks: list[H1 | P | MarkdownBlock] = [
        H1(text="What came of it"),
        P(text=f"{_varied(comparison)}. {_apart(comparison)}".strip()),
    ]
    for block in comparison.blocks:
        if comparison.sort is not None:
            blocks.append(P(text=_best(comparison, block)))
        blocks.append(MarkdownBlock(text=_table(comparison, block)))
    if comparison.unranked:
        statuses = [row.results[0].status for row in comparison.unranked]
        told = ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses))
        blocks.append(P(text=f"Without test metrics: {told}."))
    blocks += [P(text=f"{note}.") for note in comparison.notes]
    return blocks


def _apart(comparison: Comparison) -> str:
    return f"Ranked apart: {'; '.join(comparison.reasons)}." if comparison.reasons else ""


def _best(comparison: Comparison, block: Block) -> str:
    first = block.rows[0]
    label = comparison.label(first)
    value = block.texts.get(comparison.sort, ["–"])[0]
    return f"First among {block.heading}: {label}, {comparison.sort} {value}."


def _table(comparison: Comparison, block: Block) -> str:
    """Of a block's rows, in Markdown."""
    columns = block.numbers(comparison.shown(metrics.ON_TERMINAL))
    heading = [*block.columns, "n", *(name for name, _ in columns)]
    texts = [texts for _, texts in columns]
    rows = [
        [*(row.configuration.shown(c) or "–" for c in block.columns), str(row.n), *numbers]
        for row, numbers in zip(block.rows, zip(*texts))
    ]
    cells = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in cells)


def _escaped(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")


def _runset(scope: Scope) -> Runset:
    columns = table_columns(scope)
    return Runset(  # without project and entity: the report's own, and no question to the server
        name=scope.name,
        filters=filters(scope),
        groupby=["JobType"],
        order=[OrderBy(SummaryMetric(sections.LOG_LIKELIHOOD), ascending=False)],
        pinned_columns=columns[:1],
        visible_columns=columns[1:],
        lock_columns=True,
    )
