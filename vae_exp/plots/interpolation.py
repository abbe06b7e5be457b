"""The way from one datum to another through the latent space."""

import torch
from matplotlib.figure import Figure

from vae_exp.data import Data
from vae_exp.plots.labels import number
from vae_exp.plots.mosaic import mosaic
from vae_exp.vae import VAE

ROWS = 6
STEPS = 9


def draw(vae: VAE, data: Data) -> Figure:
    """The mean of p(x|z) on a straight line between the posterior means of two test data.

        z(t) = (1 − t) E_q[z|x] + t E_q[z|x']

    A row a pair, with the data themselves at both ends.
    """
    rows = max(1, min(ROWS, data.size("test") // 2))
    pairs = data.batch("test", torch.arange(2 * rows) % data.size("test"))
    start, end = pairs.unflatten(0, (rows, 2)).unbind(1)  # (R, X) each
    t = torch.linspace(0, 1, STEPS, device=data.device).unsqueeze(-1)  # (T, 1)
    z = torch.lerp(vae.encode(start).unsqueeze(1), vae.encode(end).unsqueeze(1), t)  # (R, T, Z)
    between = vae.decoder(z).mean  # (R, T, X)
    return mosaic(
        torch.cat([start.unsqueeze(1), between, end.unsqueeze(1)], dim=1),
        "Interpolation between test data: the mean of p(x|z) on a line between posterior means",
        notes=["columns: the share t of the way, at z = (1 − t) E[z|x] + t E[z|x′]"],
        columns=["data x", *(number(share) for share in t.flatten().tolist()), "data x′"],
        column_breaks=[1, STEPS + 1],
    )
