"""Where the encoder puts test data."""

from collections.abc import Sequence

from threadpoolctl import threadpool_limits
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.distribution.sphere import Sphere
from vae_exp.evaluation.latents import Latents
from vae_exp.plots.cloud import draw_cloud
from vae_exp.plots.labels import dimension, use
from vae_exp.plots.legend import legend
from vae_exp.plots.look import Look
from vae_exp.plots.page import Page
from vae_exp.plots.panels import panels
from vae_exp.plots.projection import principal_components
from vae_exp.plots.rendering import Drawing
from vae_exp.vae import VAE

POINTS = 500  # more cannot be told apart in a panel


def draw(vae: VAE, data: Data, latents: Latents) -> Drawing:
    """Posterior means of test data by class: along z for Z = 1, in the plane for Z = 2 beside what
    the decoder makes of it, and in two projections beyond that; around the circle and on two
    halves of the sphere, where z is on one."""
    means = latents.centres
    labels = None if data.labels is None else data.labels["test"][: len(means)].cpu()
    names = data.class_names
    shown = None if labels is None else labels[:POINTS]
    # below, modules that draw with matplotlib are imported where they do
    if isinstance(latents.support, LatentCodes):
        from vae_exp.plots.latent_codes import draw_codes

        return draw_codes(latents, labels, names, POINTS)
    if isinstance(latents.support, Sphere) and latents.support.dim <= 2:
        from vae_exp.plots.latent_sphere import draw_circle, draw_globe

        on_sphere = {1: draw_circle, 2: draw_globe}[latents.support.dim]
        return on_sphere(means[:POINTS], shown, names)
    if means.shape[1] == 1:
        from vae_exp.plots.latent_line import draw_line

        return draw_line(vae, data, means[:, 0], labels)
    if means.shape[1] == 2:
        from vae_exp.plots.latent_plane import draw_plane

        return draw_plane(vae, data, means[:POINTS], shown)
    return draw_projections(latents, shown, names)


def draw_projections(latents: Latents, labels: Tensor | None, names: Sequence[str]) -> Page:
    """The two dimensions most used, and the principal components."""
    means = latents.centres[:POINTS]
    first, second = latents.order[:2]
    # several threads gain little here, and wait for each other where others share the cores
    with threadpool_limits(1):
        components, shares = principal_components(means)
    largest = "variance" if latents.kl_per_latent is None else "KL"
    projections = [
        (
            means[:, [first, second]],
            f"The two dimensions of largest {largest}",
            *(f"{dimension(d)} ({use(latents, d)})" for d in (first, second)),
        ),
        (
            components,
            "Principal components",
            *(f"component {i + 1} ({share:.0%} of the variance)" for i, share in enumerate(shares)),
        ),
    ]
    n, z_dim = means.shape
    heading = f"Latent space of {z_dim} dimensions: posterior means of {n} test data"
    page, places = panels(2, 1400, 720, heading, title_lines=1, legend_lines=2)
    looks: list[Look] = []
    for place, (points, *words) in zip(places, projections):
        looks = draw_cloud(page, place, points.numpy(), labels, names, words)
    legend(page, page.height - 24, looks, title="class")
    return page
