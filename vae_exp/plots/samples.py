"""What the model makes up."""

from matplotlib.figure import Figure

from vae_exp.data import Data
from vae_exp.plots import points
from vae_exp.plots.mosaic import mosaic
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

ROWS, COLUMNS = 6, 10
TITLE = "Samples from the model: the mean of p(x|z) for z from the prior p(z)"


def draw(vae: VAE, data: Data) -> Figure:
    """The mean of p(x|z) for z ~ p(z)."""
    in_plane = data.shape == (2,)
    with isolate_rng(data.device):
        z = vae.prior().sample((points.COUNT if in_plane else ROWS * COLUMNS,))
    x = vae.decoder(z).mean
    if in_plane:
        test = data.batch("test", slice(0, points.COUNT))
        return points.draw_points(test, x, TITLE, "mean of p(x|z)")
    return mosaic(x.unflatten(0, (ROWS, COLUMNS)), TITLE)
