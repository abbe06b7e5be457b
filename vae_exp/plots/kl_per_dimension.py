"""What each latent dimension costs."""

import numpy
from torch import Tensor

from vae_exp.evaluation.latents import ACTIVE, Latents
from vae_exp.plots.axis import Axis
from vae_exp.plots.chart import Chart
from vae_exp.plots.colors import BLACK, BLUE
from vae_exp.plots.labels import dimension
from vae_exp.plots.legend import legend
from vae_exp.plots.look import DOTTED, Look
from vae_exp.plots.page import Page
from vae_exp.plots.panels import panels

NAMED = 40  # dimensions that fit below the axis by name
FLOOR = 1e-6  # the lowest variance on a logarithmic axis


def draw(latents: Latents, mean: str = "E[z|x]") -> Page:
    """KL(q(z_d|x) ‖ p(z_d)) of each dimension in nats, largest first; active units are filled.

    Where the KL does not split up: the variance of the posterior means, Cov_x(E_q[z_d]).

    Args:
        mean: what the posterior mean is called.
    """
    order, n = latents.order, len(latents.order)
    heights, active = _heights(latents)[order].numpy(), latents.active[order].numpy()
    count = f"{active.sum()} of {n} units active"
    by_kl = latents.kl_per_latent is not None
    if latents.kl_per_latent is not None:
        total = latents.kl_per_latent.sum()
        heading = f"KL by latent dimension: {total:.2f} nats per datum in all, {count}"
    else:
        heading = f"Variance of the posterior means by latent dimension: {count}"
    page, (place,) = panels(1, 1120, 560, heading, title_lines=0)
    chart = Chart(page, *place, Axis(-0.7, n - 0.3, whole=True), _range(heights, by_kl))
    looks = []
    for kind in (True, False):
        places = numpy.flatnonzero(active == kind)
        if len(places):
            looks.append(_look(kind, n, mean))
            chart.bars(places, heights[places], 0.8 if n <= NAMED else 1, looks[-1])
    if not by_kl:
        looks.append(Look(BLACK, f"threshold, {ACTIVE}", line=1, dashes=DOTTED))
        chart.across(ACTIVE, looks[-1])
    names = {i: dimension(d) for i, d in enumerate(order)} if n <= NAMED else None
    what = "KL of the dimension, nats per datum" if by_kl else f"variance of {mean} over test data"
    sorted_by = "KL" if by_kl else "variance"
    chart.finish(f"latent dimensions, sorted by {sorted_by}", what, names=names)
    legend(page, page.height - 24, looks)
    return page


def _range(heights: numpy.ndarray, by_kl: bool) -> Axis:
    finite = heights[numpy.isfinite(heights)]
    low, high = finite.min(initial=0.0), finite.max(initial=0.0)
    if by_kl:  # whose estimate may be below 0
        return Axis(1.05 * low, 1.05 * high or 1.0)
    return Axis(FLOOR, 2 * max(high, ACTIVE), log=True)


def _heights(latents: Latents) -> Tensor:
    by_kl = latents.kl_per_latent is not None
    return latents.kl_per_latent if by_kl else latents.variances.clamp(min=FLOOR)


def _look(active: bool, dimensions: int, mean: str) -> Look:
    """Filled or empty bars, or where they are too thin for it dark or light ones."""
    name, relation = ("active", ">") if active else ("inactive", "≤")
    label = f"{name} (variance of {mean} {relation} {ACTIVE})"
    if dimensions > NAMED:
        return Look(BLUE if active else "#BFBFBF", label)
    return Look(BLUE if active else "white", label, edge=BLACK)
