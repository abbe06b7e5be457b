"""A latent space of two dimensions."""

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.space import space
from vae_exp.plots.cells import make_cells
from vae_exp.plots.classes import classes
from vae_exp.plots.colors import BLACK
from vae_exp.plots.image_cells import ImageCells
from vae_exp.plots.labels import dimension
from vae_exp.plots.layout import lay_out
from vae_exp.plots.pixels import paint_pixels
from vae_exp.plots.prior_range import mean_and_deviation
from vae_exp.plots.scatter import add_legend, scatter
from vae_exp.plots.style import add_axes, new_figure, on_paper
from vae_exp.vae import VAE

STEPS = 11  # cells along each coordinate
# in pixels
SIDE = 640  # of each half, about
LEFT, BETWEEN, RIGHT, TOP, BOTTOM = 100, 110, 20, 84, 110
LEGEND = 60
BLANK = {"facecolor": "white", "edgecolor": "none", "zorder": 3}


@on_paper
def draw_plane(vae: VAE, data: Data, means: Tensor, labels: Tensor | None) -> Figure:
    """Posterior means (N, 2), beside the mean of p(x|z) all over the same part of the plane, under
    the condition of a test datum where there is one. On the Poincaré ball that part is its disc,
    with the cells that are within it."""
    x, c = data.at("test", slice(0, 1))
    _, seen = vae.condition(x, c)
    p_z = vae.prior(*seen.prior)
    support = space(p_z)
    ball = support if isinstance(support, PoincareBall) else None
    if ball is None:
        low, high = square_around(means, *mean_and_deviation(p_z, data.device))  # (2,) each
    else:
        high = torch.full((2,), 1.04 * ball.radius)
        low = -high
    centres = (torch.arange(STEPS) + 0.5) / STEPS  # of cells, as shares of the way
    across = low[0] + (high - low)[0] * centres
    up = (low[1] + (high - low)[1] * centres).flip(0)  # the top row is the largest
    z = torch.stack(torch.meshgrid(across, up, indexing="xy"), dim=-1)  # (R, C, 2)
    corner = z.abs() + (high - low) / STEPS / 2  # of a cell, the farthest from 0
    inside = torch.ones(z.shape[:2], dtype=torch.bool) if ball is None else ball.check(corner)
    decoded = torch.where(inside.unsqueeze(-1), z, 0.0)
    grid_means = vae.decoder(decoded.to(data.device), *seen.decoder).mean
    cells = make_cells(vae.condition.complete(grid_means, x))
    layout = lay_out(cells.shape, cells.fit(SIDE, SIDE), gap=2, frame=0)

    width, height = layout.size
    legend = LEGEND if classes(labels) else 0
    figure = new_figure(LEFT + 2 * width + BETWEEN + RIGHT, TOP + height + BOTTOM + legend)
    figure.suptitle("Latent space of two dimensions", y=1 - 8 / figure.bbox.height, va="top")
    second = LEFT + width + BETWEEN
    grid = add_axes(figure, second, TOP, width, height, frameon=False, xticks=[], yticks=[])
    if isinstance(cells, ImageCells):
        paint_pixels(grid, cells.page(layout))
    else:
        cells.paint(grid, layout)
    for row, column, left, top in layout:
        if not inside[row, column]:
            grid.add_patch(
                Rectangle((left - 1, top - 1), *(side + 2 for side in layout.cell), **BLANK)
            )
    panels = {
        f"Posterior means of {len(means)} test data": LEFT,
        f"The mean of p(x|z) in that {'plane' if ball is None else 'Poincaré disc'}": second,
    }
    limits = torch.stack([low, high], dim=1).tolist()
    for title, left in panels.items():
        axes = add_axes(figure, left, TOP, width, height, facecolor="none")
        axes.set(xlim=limits[0], ylim=limits[1], title=title)
        axes.set(xlabel=dimension(0), ylabel=dimension(1))
        if ball is not None:
            axes.locator_params(nbins=5)  # whose labels are short
            axes.add_patch(Circle((0, 0), ball.radius, fill=False, edgecolor=BLACK))
        if left == LEFT:
            scatter(axes, means.numpy(), labels, data.class_names)
            add_legend(figure, axes)
    figure.text(
        second / figure.bbox.width,
        (legend + 12) / figure.bbox.height,
        cells.caption,
        fontsize=7,
    )
    return figure


def square_around(means: Tensor, middle: Tensor, deviation: Tensor) -> tuple[Tensor, Tensor]:
    """The corners of a square with all means (N, 2) and two standard deviations of the prior."""
    low = torch.minimum(means.amin(dim=0), middle - 2 * deviation)
    high = torch.maximum(means.amax(dim=0), middle + 2 * deviation)
    half = 1.04 * (high - low).max() / 2
    return (low + high) / 2 - half, (low + high) / 2 + half
