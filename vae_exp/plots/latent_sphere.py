"""A latent space that is a circle or a sphere."""

import math
from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor

from vae_exp.plots.colors import BLACK
from vae_exp.plots.labels import dimension
from vae_exp.plots.scatter import add_legend, scatter
from vae_exp.plots.style import GREY, add_axes, new_figure, on_paper

BINS = 36
JITTER = 7  # radii within the band of points, so that they do not hide each other
RING, BAND, BARS = 1.0, 0.12, 0.4  # the circle, how far points are from it, a bar of the prior
SIDE, LEFT, TOP, BOTTOM = 580, 60, 84, 120  # pixels: a half of the sphere, and around it


@on_paper
def draw_circle(centres: Tensor, labels: Tensor | None, names: Sequence[str]) -> Figure:
    """Posterior directions (N, 2) just inside the circle, and outside how many there are: a bar for
    every ten degrees, which reaches the dashed circle where it has as many as the uniform prior,
    and grows with the root of its count."""
    figure = new_figure(1120, 900, layout="constrained")
    figure.suptitle(f"Latent space, a circle: posterior directions of {len(centres):,} test data")
    axes = figure.subplots()
    radius = RING - BAND * (1 + torch.arange(len(centres)) % JITTER) / JITTER
    scatter(axes, (centres * radius.unsqueeze(-1)).numpy(), labels, names)
    angle = torch.atan2(centres[:, 1], centres[:, 0])
    counts = torch.histc(angle, BINS, -math.pi, math.pi) * BINS / len(centres)
    for i, share in enumerate(counts.tolist()):
        ends = torch.linspace(i, i + 1, 6) * 2 * math.pi / BINS - math.pi
        way = torch.stack([ends.cos(), ends.sin()])
        outline = torch.cat([RING * way, ((RING + BARS * share**0.5) * way).flip(1)], dim=1)
        axes.fill(*outline.numpy(), facecolor="0.85", edgecolor=GREY, linewidth=0.4)
    axes.add_patch(Circle((0, 0), RING, fill=False, color=BLACK, linewidth=0.8))
    axes.add_patch(Circle((0, 0), RING + BARS, fill=False, color=BLACK, linestyle="--"))
    axes.plot([], [], "--", color=BLACK, label="prior")
    axes.set(xlabel=dimension(0), ylabel=dimension(1), aspect="equal")
    axes.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    add_legend(figure, axes)
    return figure


@on_paper
def draw_globe(centres: Tensor, labels: Tensor | None, names: Sequence[str]) -> Figure:
    """Posterior directions (N, 3) on two hemispheres, in Lambert's azimuthal projection, which
    keeps areas: points of the uniform prior would be as dense everywhere."""
    height = TOP + SIDE + BOTTOM
    figure = new_figure(2 * (LEFT + SIDE), height)
    title = f"Latent space, a sphere: posterior directions of {len(centres):,} test data"
    figure.suptitle(title, y=1 - 8 / height, va="top")
    lefts = LEFT, 2 * LEFT + SIDE
    panels = [add_axes(figure, left, TOP, SIDE, SIDE, frameon=False) for left in lefts]
    for axes, sign, name in zip(panels, (1, -1), ("upper", "lower")):
        on_this = centres[:, 2] * sign >= 0
        here = None if labels is None else labels[on_this]
        _hemisphere(axes, centres[on_this], here, names, sign)
        axes.set_title(f"{name} half, {dimension(2)} {'≥' if sign > 0 else '<'} 0")
    add_legend(figure, max(panels, key=lambda axes: len(axes.get_legend_handles_labels()[1])))
    return figure


def _hemisphere(
    axes: Axes, points: Tensor, labels: Tensor | None, names: Sequence[str], sign: int
) -> None:
    """Seen from above its pole, both with z₀ to the right."""
    scale = (1 + sign * points[:, 2]).rsqrt().unsqueeze(-1)  # the rim is at 1
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal", xticks=[], yticks=[])
    scatter(axes, (points[:, :2] * scale).numpy(), labels, names)
    axes.add_patch(Circle((0, 0), 1, fill=False, color=BLACK, linewidth=0.8))
    for latitude in (30, 60):
        radius = math.sqrt(1 - math.sin(math.radians(latitude)))
        axes.add_patch(Circle((0, 0), radius, fill=False, color=GREY, linestyle=":"))
    axes.set(xlabel=f"direction of {dimension(0)}", ylabel=f"direction of {dimension(1)}")
