"""Which test data the encoder puts beside each other."""

from threadpoolctl import threadpool_limits
from torch import Tensor
from torch.nn import functional as F

from vae_exp.data import Data
from vae_exp.evaluation.latents import Latents
from vae_exp.plots.cloud import draw_cloud
from vae_exp.plots.legend import legend
from vae_exp.plots.page import Page
from vae_exp.plots.panels import panels
from vae_exp.plots.projection import neighbour_embedding, principal_components

POINTS = 500  # t-SNE takes seconds


def draw(data: Data, latents: Latents) -> Page:
    """t-SNE of posterior means of test data, by class."""
    means = latents.centres[:POINTS]
    labels = None if data.labels is None else data.labels["test"][: len(means)].cpu()
    n, z_dim = means.shape
    heading = f"t-SNE of {z_dim} latent dimensions: posterior means of {n} test data"
    page, (place,) = panels(1, 1120, 1120, heading, title_lines=0, legend_lines=2)
    with threadpool_limits(1):  # several threads gain little here, see ``latent_space``
        points = neighbour_embedding(means, _in_plane(means))
    words = "", "first coordinate (no unit)", "second coordinate (no unit)"
    looks = draw_cloud(page, place, points, labels, data.class_names, words)
    legend(page, page.height - 24, looks, title="class")
    return page


def _in_plane(means: Tensor) -> Tensor:
    """Principal components (N, 2) of means (N, Z)."""
    return F.pad(means, (0, 1)) if means.shape[1] == 1 else principal_components(means)[0]
