"""What each latent dimension means to the decoder."""

import math

import torch
from matplotlib.figure import Figure

from vae_exp.data import Data
from vae_exp.distribution.space import with_coordinate
from vae_exp.evaluation.latents import Latents
from vae_exp.plots.labels import dimension, number, use
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.prior_range import mean_and_deviation
from vae_exp.vae import VAE

ROWS = 10
RANGE, COLUMNS = 2.5, 11  # standard deviations of the prior: all but one in a hundred of its z


def draw(vae: VAE, data: Data, latents: Latents) -> Figure:
    """The mean of p(x|z) as one coordinate of z runs over the prior's range.

    The other coordinates stay at the posterior mean of a test datum, under its condition if there
    is one, or as near to it as the space of z has points. A row a dimension, those most used first;
    the column nearest to the datum's own value has a heavy frame.
    """
    order = latents.order[:ROWS]
    x, c = data.at("test", slice(0, 1))
    _, seen = vae.condition(x, c)
    mean, deviation = mean_and_deviation(vae.prior(*seen.prior), data.device)  # (Z,)
    radius = getattr(latents.support, "radius", math.inf)  # of a space with an end
    reach = min(RANGE, *(radius / deviation).tolist())
    steps = torch.linspace(-reach, reach, COLUMNS)
    own = latents.centres[0]  # (Z,)
    runs = [mean[d] + deviation[d] * steps for d in order]
    z = torch.stack(
        [with_coordinate(latents.support, own, d, run) for d, run in zip(order, runs)]
    )  # (R, C, Z)
    nearest = [(row, (z[row, :, d] - own[d]).abs().argmin().item()) for row, d in enumerate(order)]
    sorted_by = "KL" if latents.kl_per_latent is not None else "variance"
    bent = hasattr(latents.support, "with_coordinate")
    others = f"follow on {latents.support}, from the code" if bent else "stay at the posterior mean"
    return mosaic(
        vae.condition.complete(vae.decoder(z.to(data.device), *seen.decoder).mean, x),
        f"Latent traversals, sorted by {sorted_by}: the mean of p(x|z) along one coordinate of z",
        notes=[
            "columns: that coordinate, in standard deviations of the prior from the prior's mean",
            f"the others {others} of a test datum, whose own value has a frame",
        ],
        rows=[f"{dimension(d)}  {use(latents, d)}" for d in order],
        columns=[number(step) for step in steps.tolist()],
        units=data.observation.moments,
        bold=nearest,
    )
