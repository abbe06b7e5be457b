"""Data of two components, which are points in a plane and better seen all at once."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from vae_exp.plots.colors import BLACK, BLUE, VERMILLION
from vae_exp.plots.style import new_figure, on_paper


@on_paper
def draw_points(data: Tensor, others: Tensor, title: str, name: str) -> Figure:
    """Test data (N, 2) beside what the model makes, (M, 2), in the same part of the plane."""
    figure = new_figure(1120, 600, layout="constrained")
    figure.suptitle(title)
    both = torch.cat([data, others]).detach()
    margin = 0.05 * (both.amax(dim=0) - both.amin(dim=0)).clamp(min=1e-6)
    low, high = (both.amin(dim=0) - margin).tolist(), (both.amax(dim=0) + margin).tolist()
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    looks = [("test data", data, BLUE, "o"), (name, others, VERMILLION, "D")]
    for axes, (label, points, color, marker) in zip(panels, looks):
        axes.scatter(
            *points.detach().cpu().T.numpy(),
            s=10,
            c=color,
            marker=marker,
            edgecolors=BLACK,
            linewidths=0.3,
        )
        axes.set(title=label, xlabel="x₀", ylabel="x₁")
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    return figure
