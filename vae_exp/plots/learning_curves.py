"""How training went."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from vae_exp.plots.labels import number
from vae_exp.plots.panels import legend_below, panels
from vae_exp.plots.style import BLACK, BLUE, VERMILLION, on_paper

Metrics = Sequence[dict[str, float]]

PANELS = {
    "elbo": "ELBO (higher is better)",
    "reconstruction_loss": "Reconstruction loss",
    "kl": "KL from posterior to prior",
}
LINES = {
    "train": {"color": BLUE, "linestyle": "-", "marker": "o", "label": "training data"},
    "val": {"color": VERMILLION, "linestyle": "--", "marker": "s", "label": "validation data"},
}
FEW = 20  # records that get a marker each
START = 0.1  # the share of the records that may be off the scale ...
WORTH_IT = 2  # ... where that makes the rest so many times larger


@on_paper
def draw(metrics: Metrics) -> Figure:
    """ELBO, reconstruction loss and KL over steps, with the epoch that is best by validation."""
    figure, all_axes = panels(3, 1400, 500, "Learning curves", title_lines=2, legend=34)
    epoch = next((r["val/best_epoch"] for r in reversed(metrics) if "val/best_epoch" in r), 0)
    best = next((r for r in metrics if r["epoch"] == epoch and "val/elbo" in r), None)
    for axes, (name, title) in zip(all_axes, PANELS.items()):
        note = _curves(axes, metrics, name)
        if best is not None:
            label = f"best epoch by validation ({epoch})"
            axes.axvline(best["step"], color=BLACK, linestyle=":", linewidth=1, label=label)
        axes.set_xlim(0, 1.05 * max((r["step"] for r in metrics), default=1))
        # above the axes, for within them a curve may end anywhere
        axes.set_title(f"{title}\n{note}" if note else title)
        axes.set(xlabel="training step", ylabel="nats per datum")
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    legend_below(figure, axes)
    return figure


def _curves(axes: Axes, metrics: Metrics, name: str) -> str:
    """Draw them, and return what there is to say of the scale."""
    curves = {}
    for split, style in LINES.items():
        records = [r for r in metrics if f"{split}/{name}" in r]
        if records:
            values = [r[f"{split}/{name}"] for r in records]
            size = 4 if len(values) <= FEW else 0
            axes.plot([r["step"] for r in records], values, markersize=size, **style)
            curves[split] = values
    if not curves:
        return ""
    low, high = limits(list(curves.values()))
    axes.set_ylim(low, high)
    starts = [values[0] for values in curves.values() if not low <= values[0] <= high]
    return f"begins at {number(starts[0])}, off the scale" if starts else ""


def limits(curves: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The range of the curves; of all but their first tenth if that is several times smaller."""
    everything = [value for curve in curves for value in curve if math.isfinite(value)]
    later = [v for curve in curves for v in curve[_early(len(curve)) :] if math.isfinite(v)]
    if not later:
        return 0.0, 1.0
    low, high = min(later), max(later)
    if max(everything) - min(everything) <= WORTH_IT * (high - low) or high == low:
        low, high = min(everything), max(everything)
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin


def _early(records: int) -> int:
    return max(1, round(START * records)) if records > 10 else 0
