"""What each latent dimension costs."""

from typing import Any

import numpy
from matplotlib.figure import Figure
from torch import Tensor

from vae_exp.evaluation.latents import ACTIVE, Latents
from vae_exp.plots.labels import dimension
from vae_exp.plots.panels import legend_below, panels
from vae_exp.plots.style import BLACK, BLUE, on_paper

NAMED = 40  # dimensions that fit below the axis by name
FLOOR = 1e-6  # the lowest variance on a logarithmic axis


@on_paper
def draw(latents: Latents) -> Figure:
    """KL(q(z_d|x) ‖ p(z_d)) of each dimension in nats, largest first; active units are filled.

    Where the KL does not split up: the variance of the posterior means, Cov_x(E_q[z_d]).
    """
    order, n = latents.order, len(latents.order)
    heights, active = _heights(latents)[order].numpy(), latents.active[order].numpy()
    count = f"{active.sum()} of {n} units active"
    if latents.kl_per_latent is not None:
        total = latents.kl_per_latent.sum()
        heading = f"KL by latent dimension: {total:.2f} nats per datum in all, {count}"
    else:
        heading = f"Variance of the posterior means by latent dimension: {count}"
    figure, (axes,) = panels(1, 1120, 560, heading, title_lines=0, legend=34)
    for kind in (True, False):
        places = numpy.flatnonzero(active == kind)
        if len(places):
            width = 0.8 if n <= NAMED else 1
            axes.bar(places, heights[places], width, **_style(kind, n))

    if latents.kl_per_latent is not None:
        sorted_by = "KL"
        axes.set(ylabel="KL of the dimension, nats per datum")
    else:
        sorted_by = "variance"
        axes.set(ylabel="variance of E[z|x] over test data", yscale="log")
        axes.set_ylim(bottom=FLOOR)
        axes.axhline(ACTIVE, color=BLACK, linestyle=":", label=f"threshold, {ACTIVE}")
    if n <= NAMED:
        axes.set_xticks(range(n), [dimension(d) for d in order])
    axes.set(xlabel=f"latent dimensions, sorted by {sorted_by}", xlim=(-0.7, n - 0.3))
    legend_below(figure, axes)
    return figure


def _heights(latents: Latents) -> Tensor:
    by_kl = latents.kl_per_latent is not None
    return latents.kl_per_latent if by_kl else latents.variances.clamp(min=FLOOR)


def _style(active: bool, dimensions: int) -> dict[str, Any]:
    """Filled or hatched bars, or where they are too thin for it dark or light ones."""
    name, relation = ("active", ">") if active else ("inactive", "≤")
    label = f"{name} (variance of E[z|x] {relation} {ACTIVE})"
    if dimensions > NAMED:
        return {"label": label, "color": BLUE if active else "0.75"}
    fill = {"facecolor": BLUE} if active else {"facecolor": "white", "hatch": "////"}
    return {"label": label, "edgecolor": BLACK, "linewidth": 0.6, **fill}
