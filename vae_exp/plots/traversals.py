"""What each latent dimension means to the decoder."""

import math

import torch
from torch.distributions.constraints import Constraint

from vae_exp.data import Data
from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.distribution.space import traverse
from vae_exp.evaluation.latents import Latents
from vae_exp.plots.classes import classes_given
from vae_exp.plots.labels import dimension, likelihood, number, use
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.prior_range import mean_and_deviation
from vae_exp.plots.rendering import Drawing
from vae_exp.vae import VAE

ROWS = 10
RANGE, COLUMNS = 2.5, 11  # standard deviations of the prior: all but one in a hundred of its z


def draw(vae: VAE, data: Data, latents: Latents) -> Drawing:
    """The mean of p(x|z) as one coordinate of z runs over the prior's range.

    The other coordinates stay at the posterior mean of a test datum, under its condition if there
    is one; in a curved space the way through that datum's z goes on in the coordinate's direction,
    and of codes a variable takes each of its values. A row a dimension, those most used first; the
    column nearest to the datum's own value has a heavy frame.
    """
    order, support = latents.order[:ROWS], latents.support
    x, c = data.at("test", slice(0, 1))
    _, seen = vae.condition(x, c)
    mean, deviation = mean_and_deviation(vae.prior(*seen.prior), data.device)  # (Z,)
    reach = min(RANGE, *(getattr(support, "bound", math.inf) / deviation).tolist())
    steps = reach * (2 * torch.arange(COLUMNS) / (COLUMNS - 1) - 1)  # 0 in the middle, exactly
    codes = isinstance(support, LatentCodes)
    if codes:
        steps = torch.arange(max(support.values))
    own = latents.centres[0]  # (Z,)
    z = torch.stack(
        [traverse(support, own, d, mean[d], deviation[d], steps) for d in order]
    )  # (R, C, Z)
    nearest = [(row, along.argmin().item()) for row, along in enumerate((z - own).norm(dim=-1))]
    given = []
    if seen.decoder:
        own_class = classes_given(data, slice(0, 1))
        given = [", ".join(["under the condition of that datum", *own_class])]
    sorted_by = "KL" if latents.kl_per_latent is not None else "variance"
    what = "variable" if codes else "coordinate"
    return mosaic(
        vae.condition.complete(vae.decoder(z.to(data.device), *seen.decoder).mean, x),
        f"Latent traversals, sorted by {sorted_by}: the mean of {likelihood(vae)} along one {what} "
        "of z",
        notes=[*notes(support), *given],
        rows=[f"{dimension(d)}  {use(latents, d)}" for d in order],
        columns=[number(step) for step in steps.tolist()],
        units=data.observation.moments,
        bold=nearest,
    )


def notes(support: Constraint) -> list[str]:
    """What the columns are, in a space."""
    if isinstance(support, LatentCodes):
        fewer = len(set(support.values)) > 1
        return [
            "columns: the values of that variable"
            + (", its last one again where it has fewer" if fewer else ""),
            "the others stay as in the code of a test datum, whose own value has a frame",
        ]
    if hasattr(support, "traverse"):
        return [
            f"columns: standard deviations of the prior, on {support}, on the way through the z",
            "of a test datum, which has a frame, in the direction of that coordinate",
        ]
    return [
        "columns: that coordinate, in standard deviations of the prior from the prior's mean",
        "the others stay at the posterior mean of a test datum, whose own value has a frame",
    ]
