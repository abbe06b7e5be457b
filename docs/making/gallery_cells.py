"""Data of any shape in one panel."""

import torch
from matplotlib.axes import Axes
from torch import Tensor

GAP = 1  # of pixels between images
MOST_LINES = 4


def clean(axes: Axes) -> None:
    """No ticks."""
    axes.set(xticks=[], yticks=[])


def add_grid(axes: Axes, x: Tensor, rows: int, like: Tensor | None = None) -> None:
    """Images in rows; points of the plane; a curve for each sequence or vector.

    Args:
        x: (N, X).
        like: data whose range the panel has.
    """
    like = x if like is None else like
    clean(axes)
    if x.ndim == 4:
        images(axes, x, rows)
    elif x.shape[1:] == (2,):
        axes.scatter(*x.T.tolist(), s=3, linewidths=0)
        low, high = like.min().item(), like.max().item()
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    elif x.ndim == 3:
        curves(axes, x, rows)
    else:
        vectors(axes, x, like)


def images(axes: Axes, x: Tensor, rows: int) -> None:
    """Side by side; as many as fill the rows of a panel."""
    count = min(len(x), 24 if rows == 4 else len(x))
    columns = count // rows
    height, width = x.shape[-2:]
    shape = (3, rows * (height + GAP) - GAP, columns * (width + GAP) - GAP)
    page = torch.ones(shape)
    for i in range(rows * columns):
        top, left = i // columns * (height + GAP), i % columns * (width + GAP)
        page[:, top : top + height, left : left + width] = x[i].clamp(0, 1)
    axes.imshow(page.movedim(0, -1).numpy(), interpolation="nearest")
    for spine in axes.spines.values():
        spine.set_visible(False)


def curves(axes: Axes, x: Tensor, rows: int) -> None:
    """Each sequence (T, F) in a place of its own."""
    count = min(len(x), 12 if rows == 4 else len(x))
    columns = -(-count // rows)
    size = x.abs().max().item() * 2.3
    for i in range(count):
        across, down = i % columns, i // columns
        for feature in range(x.shape[-1]):
            t = torch.linspace(0, 0.85, x.shape[1]) + across
            axes.plot(t, x[i, :, feature] / size - down, color=f"C{feature}", linewidth=0.9)
    for spine in axes.spines.values():
        spine.set_visible(False)


def vectors(axes: Axes, x: Tensor, like: Tensor) -> None:
    """A step over the components of each of a few."""
    loc, scale = units(like)
    for row in ((x - loc) / scale)[:MOST_LINES]:
        axes.step(range(len(row)), row, where="mid", linewidth=0.8)


def units(like: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each component, where they are too far apart for one axis."""
    loc, scale = like.mean(0), like.std(0).clamp(min=1e-6)
    apart = loc.std() > 3 * scale.median() or scale.max() > 20 * scale.min()
    return (loc, scale) if apart else (torch.zeros_like(loc), torch.ones_like(scale))


def add_band(axes: Axes, x: Tensor, mean: Tensor, draws: Tensor) -> None:
    """A vector (D,) as points, the mean of its distribution, and where 90 of 100 draws are."""
    clean(axes)
    places = range(len(x))
    low, high = draws.quantile(torch.tensor([0.05, 0.95]), dim=0)
    axes.fill_between(places, low, high, step="mid", color="C0", alpha=0.25, linewidth=0)
    axes.step(places, mean, where="mid", color="C0", linewidth=1)
    axes.plot(places, x, "k.", markersize=3)
