"""What the model makes up."""

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.reconstructions import POINTS
from vae_exp.plots.rendering import Drawing
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

ROWS, COLUMNS = 6, 10
CLASSES = 10
TITLE = "Samples from the model: the mean of p(x|z) for z from the prior p(z)"
MARGINALS = "Samples from the model, x ~ p(x|z) for z from the prior p(z), and test data"
DRAWS = 2000  # of a table
CONDITIONAL = "Samples from the model: the mean of p(x|z, c), a row for each c"


def draw(vae: VAE, data: Data) -> Drawing:
    """The mean of p(x|z) for z ~ p(z); of a conditional model, see ``draw_conditions``."""
    if data.observation.variables:
        return draw_columns(vae, data)
    in_plane = data.shape == (2,)
    x, c = data.at("test", slice(0, POINTS))
    if vae.condition.shape is not None and not in_plane:
        return draw_conditions(vae, data, x, c)
    with isolate_rng(data.device):
        count = POINTS if in_plane else ROWS * COLUMNS
        given = None if vae.condition.shape is None else x if c is None else c
        if given is not None:
            given = given[torch.arange(count, device=given.device) % len(given)]
        _, p_x = vae.sample_latent(count, given)
    if in_plane:
        from vae_exp.plots.points import draw_points

        return draw_points(x, p_x.mean, TITLE, "mean of p(x|z)")
    cells = p_x.mean.unflatten(0, (ROWS, COLUMNS))
    return mosaic(cells, TITLE, units=data.observation.moments)


def draw_columns(vae: VAE, data: Data) -> Drawing:
    """Each column of a table: what x ~ p(x|z), z ~ p(z), has of it, and what the data have."""
    from vae_exp.plots.marginals import draw_marginals

    x, c = data.at("test", slice(0, DRAWS))
    with isolate_rng(data.device):
        given = None if vae.condition.shape is None else x if c is None else c
        _, p_x = vae.sample_latent(DRAWS if given is None else len(x), given)
        drawn = p_x.sample()
    drawn = drawn if given is None else vae.condition.complete(drawn, given)
    return draw_marginals(x, drawn, data.observation.variables, MARGINALS)


def draw_conditions(vae: VAE, data: Data, x: Tensor, c: Tensor | None) -> Drawing:
    """The same noise under each class, or under the condition of each of some test data.

    Args:
        x, c: test data, (B, X) and (B, ...).
    """
    rows = [str(name) for name in data.classes[:CLASSES]] if data.source == "labels" else []
    conditions = vae.condition.read(rows) if rows else (x if c is None else c)[:ROWS]
    means = []
    for condition in conditions:
        with isolate_rng(data.device):  # from the same state of the generator each time
            _, p_x = vae.sample_latent(COLUMNS, condition.unsqueeze(0))
        means.append(vae.condition.complete(p_x.mean, condition))
    noise = "z" if not vae.condition.sees("prior") else "noise that makes z of p(z|c)"
    return mosaic(
        torch.stack(means),
        CONDITIONAL,
        notes=[f"columns: the same {noise}"],
        rows=rows or [f"c of datum {i}" for i in range(len(conditions))],
        units=data.observation.moments,
    )
