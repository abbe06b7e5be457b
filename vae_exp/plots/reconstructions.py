"""What is left of test data on the way through the latent space."""

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.space import centre
from vae_exp.plots.labels import likelihood, posterior
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.rendering import Drawing
from vae_exp.vae import VAE

COLUMNS = 10
PAIRS = 3  # of rows
POINTS = 500  # in a plane, which can be told apart
TITLE = "Reconstructions: test data {where} the mean of {likelihood} at the mean of {posterior}"


def draw(vae: VAE, data: Data) -> Drawing:
    """Rows of test data, each above the mean of p(x|z) at the mean of q(z|x)."""
    names = {"likelihood": likelihood(vae), "posterior": posterior(vae)}
    if data.shape == (2,):
        x, c = data.at("test", slice(0, POINTS))
        title = TITLE.format(where="beside", **names)
        from vae_exp.plots.points import draw_points

        return draw_points(x, reconstruct(vae, x, c), title, f"mean of {likelihood(vae)}")
    columns = min(COLUMNS, data.size("test"))
    pairs = min(PAIRS, data.size("test") // columns)
    x, c = data.at("test", slice(0, pairs * columns))
    both = torch.stack([x, reconstruct(vae, x, c)])  # (2, B, X)
    rows = both.unflatten(1, (pairs, columns)).transpose(0, 1).flatten(0, 1)  # (R, C, X)
    return mosaic(
        rows,
        TITLE.format(where="above", **names),
        rows=["data", "mean"] * pairs,
        row_breaks=range(0, 2 * pairs, 2),
        units=data.observation.moments,
    )


def reconstruct(vae: VAE, x: Tensor, c: Tensor | None) -> Tensor:
    """The mean of p(x|z, c) at the mean of q(z|x, c), (B, X)."""
    modelled, seen = vae.condition(x, c)
    z = centre(vae.encoder(modelled, *seen.encoder))
    return vae.condition.complete(vae.decoder(z, *seen.decoder).mean, x)
