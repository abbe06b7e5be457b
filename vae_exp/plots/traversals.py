"""What each latent dimension means to the decoder."""

import torch
from matplotlib.figure import Figure

from vae_exp.data import Data
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.space import space
from vae_exp.evaluation.latents import Latents
from vae_exp.plots.labels import dimension, number, use
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.prior_range import mean_and_deviation
from vae_exp.vae import VAE

ROWS = 10
RANGE, COLUMNS = 2.5, 11  # standard deviations of the prior: all but one in a hundred of its z

STRAIGHT = [
    "columns: that coordinate, in standard deviations of the prior from the prior's mean",
    "the others stay at the posterior mean of a test datum, whose own value has a frame",
]
CURVED = [
    "columns: the way, in standard deviations of the prior, on the geodesic through the posterior",
    "mean of a test datum, which has a frame, in the direction of that coordinate",
]


def draw(vae: VAE, data: Data, latents: Latents) -> Figure:
    """The mean of p(x|z) as one coordinate of z runs over the prior's range.

    The other coordinates stay at the posterior mean of a test datum, under its condition if there
    is one. On the Poincaré ball it is the geodesic through that mean in the direction of the
    coordinate, so that z stays inside. A row a dimension, those most used first; the column
    nearest to the datum's own value has a heavy frame.
    """
    order = latents.order[:ROWS]
    x, c = data.at("test", slice(0, 1))
    _, seen = vae.condition(x, c)
    p_z = vae.prior(*seen.prior)
    mean, deviation = mean_and_deviation(p_z, data.device)  # (Z,)
    support = space(p_z)
    curved = isinstance(support, PoincareBall)
    steps = torch.linspace(-RANGE, RANGE, COLUMNS)
    own = latents.means[0]  # (Z,)
    z = own.repeat(len(order), COLUMNS, 1)  # (R, C, Z)
    for row, d in enumerate(order):
        if curved:
            v = torch.zeros(COLUMNS, len(own))
            v[:, d] = deviation[d] * steps
            z[row] = support.exp(own.expand_as(v), v)
        else:
            z[row, :, d] = mean[d] + deviation[d] * steps
    nearest = [(row, (z[row, :, d] - own[d]).abs().argmin().item()) for row, d in enumerate(order)]
    sorted_by = "KL" if latents.kl_per_latent is not None else "variance"
    along = "direction" if curved else "coordinate"
    return mosaic(
        vae.condition.complete(vae.decoder(z.to(data.device), *seen.decoder).mean, x),
        f"Latent traversals, sorted by {sorted_by}: the mean of p(x|z) along one {along} of z",
        notes=CURVED if curved else STRAIGHT,
        rows=[f"{dimension(d)}  {use(latents, d)}" for d in order],
        columns=[number(step) for step in steps.tolist()],
        units=data.observation.moments,
        bold=nearest,
    )
