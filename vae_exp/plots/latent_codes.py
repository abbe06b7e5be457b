"""A latent space of codes."""

import math
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits
from torch import Tensor

from vae_exp.evaluation.code_usage import perplexity, usage_of_values
from vae_exp.evaluation.latents import Latents
from vae_exp.plots.labels import dimension, use
from vae_exp.plots.projection import principal_components
from vae_exp.plots.scatter import add_legend, scatter
from vae_exp.plots.style import new_figure, on_paper

ROWS = 30  # variables that fit by name
GOLDEN = math.pi * (3 - 5**0.5)  # the angle from one seed of a sunflower to the next
SEED = 0.01  # how far apart they are, as a share of the picture
TINY = 1e-6


@on_paper
def draw_codes(
    latents: Latents, labels: Tensor | None, names: Sequence[str], points: int
) -> Figure:
    """How often each variable has each of its values, the most used variables first, beside the
    principal components of q(z|x), by class."""
    order = latents.order[:ROWS]
    usage = usage_of_values(latents)
    widest = max(len(q) for q in usage)
    shares = torch.full((len(order), widest), torch.nan)
    for row, d in enumerate(order):
        shares[row, : len(usage[d])] = usage[d]
    figure = new_figure(1280, 700, layout="constrained")
    count = len(usage)
    figure.suptitle(f"Latent space of codes: {count} variables, {len(latents.means):,} test data")
    left, right = figure.subplots(1, 2)
    image = left.imshow(shares.numpy(), vmin=0, vmax=1, cmap="Blues", aspect="auto")
    figure.colorbar(image, ax=left, label="share of the data with that value")
    variables = [
        f"{dimension(d)}  {use(latents, d)}, perplexity {perplexity(usage[d]).item():.2f}"
        for d in order
    ]
    left.set_yticks(range(len(order)), variables, fontsize=7)
    left.set_xticks(range(widest))
    sorted_by = "variance" if latents.kl_per_latent is None else "KL"
    left.set(title=f"Usage, sorted by {sorted_by}", xlabel="value")
    if latents.means.shape[1] < 2:
        right.set_axis_off()
        return figure
    with threadpool_limits(1):
        components, explained = principal_components(latents.means[:points])
    scatter(
        right, side_by_side(components).numpy(), None if labels is None else labels[:points], names
    )
    across, up = (
        f"component {i + 1} ({share:.0%} of the variance)" for i, share in enumerate(explained)
    )
    title = "Principal components of q(z|x),\nequal ones side by side"
    right.set(title=title, xlabel=across, ylabel=up)
    add_legend(figure, right)
    return figure


def side_by_side(points: Tensor) -> Tensor:
    """Points (N, 2), of which those on one place are as close around it as seeds in a sunflower."""
    size = points.amax(0) - points.amin(0)
    size = torch.where(size < TINY, 1.0, size)  # of all on one place
    _, places = (points / size).round(decimals=4).unique(dim=0, return_inverse=True)
    moved = points.clone()
    for place in range(int(places.max()) + 1):
        here = (places == place).nonzero().flatten()
        k = torch.arange(len(here))
        way = torch.stack([(k * GOLDEN).cos(), (k * GOLDEN).sin()], dim=1)
        moved[here] += SEED * size * k.sqrt().unsqueeze(1) * way
    return moved
