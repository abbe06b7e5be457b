"""How training went."""

import math
from collections.abc import Sequence

from vae_exp.plots.axis import Axis, same
from vae_exp.plots.chart import Chart
from vae_exp.plots.colors import BLACK, BLUE, VERMILLION
from vae_exp.plots.labels import number
from vae_exp.plots.legend import legend
from vae_exp.plots.look import DASHED, DOTTED, Look
from vae_exp.plots.markers import CIRCLE, SQUARE
from vae_exp.plots.page import Page
from vae_exp.plots.panels import panels

Metrics = Sequence[dict[str, float]]

PANELS = {
    "elbo": "ELBO (higher is better)",
    "reconstruction_loss": "Reconstruction loss",
    "kl": "KL from posterior to prior",
}
LOOKS = {
    "train": {"color": BLUE, "marker": CIRCLE, "name": "training data"},
    "val": {"color": VERMILLION, "dashes": DASHED, "marker": SQUARE, "name": "validation data"},
}
FEW = 20  # records that get a marker each
START = 0.1  # the share of the records that may be off the scale ...
MARGIN = 0.05  # of the range, or of what is always the same, below and above
WORTH_IT = 2  # ... where that makes the rest so many times larger


def draw(metrics: Metrics) -> Page:
    """ELBO, reconstruction loss and KL over steps, with the epoch that is best by validation."""
    page, places = panels(3, 1400, 500, "Learning curves", title_lines=2)
    epoch = next((r["val/best_epoch"] for r in reversed(metrics) if "val/best_epoch" in r), 0)
    best = next((r for r in metrics if r["epoch"] == epoch and "val/elbo" in r), None)
    steps = Axis(0, 1.05 * max((r["step"] for r in metrics), default=1), whole=True)
    at_best = Look(BLACK, f"best epoch by validation ({epoch})", line=1, dashes=DOTTED)
    looks: dict[str, Look] = {}
    for place, (name, title) in zip(places, PANELS.items()):
        curves = {}
        for split in LOOKS:
            records = [r for r in metrics if f"{split}/{name}" in r]
            if records:
                curves[split] = [(r["step"], r[f"{split}/{name}"]) for r in records]
        low, high = limits([[value for _, value in curve] for curve in curves.values()])
        chart = Chart(page, *place, steps, Axis(low, high))
        for split, curve in curves.items():
            looks[split] = _look(split, len(curve))
            chart.curve(*zip(*curve), looks[split])
        if best is not None:
            looks["best"] = at_best
            chart.upwards(best["step"], at_best)
        # above the axes, for within them a curve may end anywhere
        starts = [curve[0][1] for curve in curves.values() if not low <= curve[0][1] <= high]
        note = f"\nbegins at {number(starts[0])}, off the scale" if starts else ""
        chart.finish("training step", "nats per datum", title + note)
    legend(page, page.height - 24, list(looks.values()))
    return page


def _look(split: str, records: int) -> Look:
    look = LOOKS[split] if records <= FEW else {**LOOKS[split], "marker": None}
    return Look(**look, line=1.2)


def limits(curves: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The range of the curves; of all but their first tenth if that is several times smaller."""
    everything = [value for curve in curves for value in curve if math.isfinite(value)]
    later = [v for curve in curves for v in curve[_early(len(curve)) :] if math.isfinite(v)]
    if not later:
        return 0.0, 1.0
    low, high = min(later), max(later)
    if max(everything) - min(everything) <= WORTH_IT * (high - low) or same(low, high):
        low, high = min(everything), max(everything)
    margin = MARGIN * (high - low)
    if same(low, high):  # else rounding would be as large as the picture
        margin = max(0.5, MARGIN * abs(high))
    return low - margin, high + margin


def _early(records: int) -> int:
    return max(1, round(START * records)) if records > 10 else 0
