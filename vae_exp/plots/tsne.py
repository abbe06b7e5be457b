"""Which test data the encoder puts beside each other."""

from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits
from torch import Tensor
from torch.nn import functional as F

from vae_exp.data import Data
from vae_exp.evaluation.latents import Latents
from vae_exp.plots.panels import legend_below, panels
from vae_exp.plots.projection import neighbour_embedding, principal_components
from vae_exp.plots.scatter import scatter
from vae_exp.plots.style import on_paper

POINTS = 500  # t-SNE takes seconds


@on_paper
def draw(data: Data, latents: Latents) -> Figure:
    """t-SNE of posterior means of test data, by class."""
    means = latents.centres[:POINTS]
    labels = None if data.labels is None else data.labels["test"][: len(means)].cpu()
    n, z_dim = means.shape
    heading = f"t-SNE of {z_dim} latent dimensions: posterior means of {n} test data"
    figure, (axes,) = panels(1, 1120, 1120, heading, title_lines=0, legend=66)
    with threadpool_limits(1):  # several threads gain little here, see ``latent_space``
        points = neighbour_embedding(means, _in_plane(means))
    scatter(axes, points, labels, data.class_names)
    axes.set(xlabel="first coordinate (no unit)", ylabel="second coordinate (no unit)")
    axes.set_aspect("equal", adjustable="datalim")
    legend_below(figure, axes, title="class")
    return figure


def _in_plane(means: Tensor) -> Tensor:
    """Principal components (N, 2) of means (N, Z)."""
    return F.pad(means, (0, 1)) if means.shape[1] == 1 else principal_components(means)[0]
