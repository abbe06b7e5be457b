"""Data, and what is left of them on the way through the latent space."""

import torch

from vae_exp.data import Data
from vae_exp.evaluation.reconstructions import reconstruct
from vae_exp.plots.labels import likelihood, posterior
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.rendering import Drawing
from vae_exp.vae import VAE

COLUMNS = 10
PAIRS = 3  # of rows
POINTS = 500  # in a plane, which can be told apart
TITLE = "Reconstructions: {told} {where} the mean of {likelihood} at the mean of {posterior}"


def draw(vae: VAE, data: Data, split: str = "test", told: str = "test data") -> Drawing:
    """Rows of data of a split, each above the mean of p(x|z) at the mean of q(z|x).

    Args:
        told: what the title calls them.
    """
    names = {"told": told, "likelihood": likelihood(vae), "posterior": posterior(vae)}
    if data.shape == (2,):
        x, c = data.at(split, slice(0, POINTS))
        title = TITLE.format(where="beside", **names)
        from vae_exp.plots.points import draw_points

        return draw_points(x, reconstruct(vae, x, c), title, f"mean of {likelihood(vae)}")
    columns = min(COLUMNS, data.size(split))
    pairs = min(PAIRS, data.size(split) // columns)
    x, c = data.at(split, slice(0, pairs * columns))
    both = torch.stack([x, reconstruct(vae, x, c)])  # (2, B, X)
    rows = both.unflatten(1, (pairs, columns)).transpose(0, 1).flatten(0, 1)  # (R, C, X)
    return mosaic(
        rows,
        TITLE.format(where="above", **names),
        rows=["data", "mean"] * pairs,
        row_breaks=range(0, 2 * pairs, 2),
        units=data.observation.moments,
    )
