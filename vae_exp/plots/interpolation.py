"""The way from one datum to another through the latent space."""

import torch

from vae_exp.data import Data
from vae_exp.distribution.space import centre, geodesic, space
from vae_exp.plots.classes import classes_given
from vae_exp.plots.labels import likelihood, number, posterior_mean
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.rendering import Drawing
from vae_exp.vae import VAE

ROWS = 6
STEPS = 9


def draw(vae: VAE, data: Data) -> Drawing:
    """The mean of p(x|z) on the shortest way between the posterior means of two test data.

        z(t) = (1 − t) E_q[z|x] + t E_q[z|x']   or, in a curved space, the geodesic's point at t

    A row a pair, with the data themselves at both ends.
    """
    rows = max(1, min(ROWS, data.size("test") // 2))
    pairs = torch.arange(2 * rows, device=data.storage) % data.size("test")
    x, c = data.at("test", pairs)
    start, end = x.unflatten(0, (rows, 2)).unbind(1)  # (R, X) each
    modelled, seen = vae.condition(x, c)
    q_z = vae.encoder(modelled, *seen.encoder)
    means = centre(q_z).unflatten(0, (rows, 2))  # (R, 2, Z)
    t = torch.linspace(0, 1, STEPS, device=data.device).unsqueeze(-1)  # (T, 1)
    z = geodesic(space(q_z), means[:, :1], means[:, 1:], t)  # (R, T, Z)
    straight = not hasattr(space(q_z), "geodesic")
    first, last = posterior_mean(vae), posterior_mean(vae, "′")
    way = f"at z = (1 − t) {first} + t {last}" if straight else f"from x to x′ on {space(q_z)}"
    named = classes_given(data, pairs[::2]) if seen.decoder else []
    condition = "the class of x, which is on the left" if named else "the condition of x"
    own = [part[::2].unsqueeze(1) for part in seen.decoder]  # the condition of the first of a pair
    between = vae.decoder(z, *own).mean  # (R, T, X)
    between = vae.condition.complete(between, start.unsqueeze(1))
    return mosaic(
        torch.cat([start.unsqueeze(1), between, end.unsqueeze(1)], dim=1),
        f"Interpolation between test data: the mean of {likelihood(vae)} on the way between "
        "posterior means",
        notes=[
            f"columns: the share t of the way, {way}",
            *([f"under {condition}, all of the way"] if seen.decoder else []),
        ],
        rows=named,
        columns=["data x", *(number(share) for share in t.flatten().tolist()), "data x′"],
        column_breaks=[1, STEPS + 1],
        units=data.observation.moments,
    )
