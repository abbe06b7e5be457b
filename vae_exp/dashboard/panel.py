"""Panels and sections of a page: what is drawn, and the question that it answers."""

from dataclasses import dataclass

from wandb_workspaces.reports.v2.interface import (
    BarPlot,
    Config,
    CustomChart,
    LinePlot,
    MediaBrowser,
    ParallelCoordinatesPlot,
    ParallelCoordinatesPlotColumn,
    ScatterPlot,
    SummaryMetric,
    WeavePanelSummaryTable,
)
from wandb_workspaces.reports.v2.interface import Panel as Plot

from vae_exp.dashboard.column import Column

NATS = "nats per datum"
JOB_TYPE = "JobType"  # of a run: what differs but for the seed
MOST = 100  # lines, bars or pictures of a panel; W&B shows ten where nothing is said
DRAWN = {
    LinePlot: "curves",
    BarPlot: "bars",
    ScatterPlot: "points",
    ParallelCoordinatesPlot: "parallel axes",
    CustomChart: "bars of each run",
    WeavePanelSummaryTable: "table",
    MediaBrowser: "pictures",
}


@dataclass(frozen=True)
class Panel:
    """One panel.

    Args:
        title: with its unit, where the axes do not have it.
        answers: what one sees from it.
        plot: as W&B's library has it.
    """

    title: str
    answers: str
    plot: Plot

    @property
    def drawn_as(self) -> str:
        return DRAWN[type(self.plot)]


@dataclass(frozen=True)
class Section:
    """Panels under one heading, which is the question that they answer together."""

    question: str
    panels: list[Panel]


def curves(title: str, metric: str, unit: str, answers: str, log: bool = False) -> Panel:
    """A number over the steps of training: the mean of a configuration's seeds ± their spread."""
    plot = LinePlot(
        title=title,
        x="step",
        y=[metric],
        title_x="step",
        title_y=unit,
        log_y=log or None,
        groupby=JOB_TYPE,
        groupby_aggfunc="mean",
        groupby_rangefunc="stddev",
        max_runs_to_show=MOST,
    )
    return Panel(title, answers, plot)


def bars(title: str, metric: str, unit: str, answers: str) -> Panel:
    """A number of the summary: the mean of a configuration's seeds ± its standard error."""
    plot = BarPlot(
        title=title,
        metrics=[metric],
        title_x=unit,
        groupby=JOB_TYPE,
        groupby_aggfunc="mean",
        groupby_rangefunc="stderr",
        max_runs_to_show=10 * MOST,  # of which several make one bar
        max_bars_to_show=MOST,
    )
    return Panel(title, answers, plot)


def points(title: str, x: str, y: str, colour: Column | None, answers: str) -> Panel:
    """A point for each run: one number of the summary against another."""
    plot = ScatterPlot(
        title=title,
        x=SummaryMetric(x),
        y=SummaryMetric(y),
        z=None if colour is None else Config(colour.path),
        log_z=None if colour is None or not colour.log else True,
    )
    return Panel(title, answers, plot)


def parallel_axes(title: str, columns: list[Column], metrics: list[str], answers: str) -> Panel:
    """A line for each run, through what differs between them to these numbers."""
    axes = [
        ParallelCoordinatesPlotColumn(
            metric=Config(column.path), display_name=column.name, log=column.log or None
        )
        for column in columns
    ]
    axes += [ParallelCoordinatesPlotColumn(metric=SummaryMetric(name)) for name in metrics]
    return Panel(title, answers, ParallelCoordinatesPlot(title=title, columns=axes))


def pictures(title: str, names: list[str], answers: str) -> Panel:
    """Pictures of ``plots/``, with a slider over the steps at which they were drawn."""
    keys = [f"pictures/{name}" for name in names]
    plot = MediaBrowser(
        title=title, media_keys=keys, num_columns=2, mode="gallery", gallery_axis="step"
    )
    return Panel(title, answers, plot)


def list_bars(title: str, name: str, height: str, answers: str) -> Panel:
    """The bars that each run logs of a list among its test numbers, see ``tracking.charts``."""
    plot = CustomChart.from_table(
        f"charts/{name}_table",
        chart_fields={"label": "label", "value": height},
        chart_strings={"title": title},
    )
    plot.chart_name = "wandb/bar/v0"
    return Panel(title, answers, plot)


def table(title: str, name: str, answers: str) -> Panel:
    """The rows that the runs have logged under this name."""
    return Panel(title, answers, WeavePanelSummaryTable(table_name=name))
