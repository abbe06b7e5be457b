"""The columns of a table one by one: what the model draws of each beside the data."""

import math
from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from torch import Tensor

from vae_exp.distribution.variable import NAMED, Variable
from vae_exp.plots.colors import BLACK, SKY, VERMILLION
from vae_exp.plots.style import new_figure, on_paper

MOST = 16  # columns
ACROSS = 4
BINS = 24
NAMES = 8  # of categories, the most frequent ones
LONGEST = 12  # letters of a name


@on_paper
def draw_marginals(x: Tensor, drawn: Tensor, variables: Sequence[Variable], title: str) -> Figure:
    """The share of data x (N, D) and of draws (M, D) with each value, the first columns."""
    shown = list(variables)[:MOST]
    down = math.ceil(len(shown) / ACROSS)
    figure = new_figure(1500, 130 + 330 * down, layout="constrained")
    more = f" (the first {MOST} of {len(variables)} columns)" if len(variables) > MOST else ""
    figure.suptitle(title + more)
    panels = figure.subplots(down, ACROSS, squeeze=False).flatten()
    for axes, variable, data, draws in zip(panels, shown, x.T, drawn.T):
        parts = [part[part.isfinite()].double().cpu() for part in (data, draws)]
        panel = _bars if variable.type in NAMED else _histogram
        panel(axes, variable, *parts)
        axes.set_title(_short(variable.name, 30))
        axes.set_yticks([])
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _bars(axes: Axes, variable: Variable, data: Tensor, draws: Tensor) -> None:
    size = len(variable.categories)
    shares = [part.long().bincount(minlength=size) / max(1, len(part)) for part in (data, draws)]
    order = torch.arange(size)
    if size > NAMES:
        order = shares[0].argsort(descending=True)[:NAMES]
    places = torch.arange(len(order))
    for share, shift, (label, style) in zip(shares, (-0.2, 0.2), LOOKS):
        axes.bar((places + shift).numpy(), share[order].numpy(), 0.4, label=label, **style)
    names = [_short(str(variable.categories[i]), LONGEST) for i in order.tolist()]
    axes.set_xticks(places.tolist(), names, rotation=30 if size > 3 else 0)


def _histogram(axes: Axes, variable: Variable, data: Tensor, draws: Tensor) -> None:
    """Within the range of nearly all data; of what is positive and far apart by its logarithm."""
    ends = torch.quantile(data[:100_000], torch.tensor([0.005, 0.995]).double())
    low, high = ends.tolist()
    wide = variable.type == "positive" and high > 20 * low
    if variable.type == "count":
        step = max(1, math.ceil((high - low) / BINS))
        edges = torch.arange(low - 0.5, high + step, step)
    elif wide:
        edges = torch.logspace(math.log10(low), math.log10(high), BINS + 1)
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        edges = torch.linspace(low, high if high > low else low + 1, BINS + 1)
    for part, (label, style) in zip((data, draws), LOOKS):
        weights = torch.full_like(part, 1 / max(1, len(part)))
        outlined = {"histtype": "stepfilled" if label == "data" else "step"}
        axes.hist(
            part.numpy(), edges.numpy(), weights=weights.numpy(), label=label, **style, **outlined
        )


LOOKS = (
    ("data", {"facecolor": SKY, "edgecolor": BLACK, "linewidth": 0.4}),
    ("draws from the model", {"facecolor": "none", "edgecolor": VERMILLION, "linewidth": 1.4}),
)


def _short(name: str, longest: int) -> str:
    name = name.replace("$", r"\$")  # which would be mathematics
    return name if len(name) <= longest else name[: longest - 1] + "…"
