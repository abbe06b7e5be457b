"""What a picture of the gallery shows, by group: ``draw(vae, data)`` returns a figure."""

from collections.abc import Callable

import numpy
import torch
from gallery_cells import add_band, add_grid, clean, units
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.space import centre, space
from vae_exp.distribution.sphere import Sphere
from vae_exp.plots.colors import COLORS
from vae_exp.plots.style import new_figure
from vae_exp.vae import VAE

WIDTH, HEIGHT = 840, 380
DRAWS = 200
COLOURS = [colour for colour in COLORS if colour != "#F0E442"]


def two_panels() -> tuple[Figure, tuple[Axes, Axes]]:
    """A figure with a picture of the latents to the left, and of data to the right."""
    figure = new_figure(WIDTH, HEIGHT, layout="constrained")
    return figure, figure.subplots(1, 2, width_ratios=[1, 1.2])


def posterior(vae: VAE, data: Data) -> Figure:
    """q(z|x) of a few test data among the means of all, and samples of the model."""
    figure, (left, right) = two_panels()
    x, c = data.at("test", slice(0, 300))
    q_z = encode(vae, x, c)
    if isinstance(space(q_z), LatentCodes) or len(centre(q_z)[0]) > 4:
        code_image(left, centre(q_z), data)
        left.set_title("E[z|x], a row a datum, by class")
    else:
        left.scatter(*flat(centre(q_z), q_z), s=3, color="0.8")
        chosen = first_of_each(data, 7)
        z = encode(vae, x[chosen], None if c is None else c[chosen]).sample((DRAWS,))
        for i in range(len(chosen)):
            left.scatter(*flat(z[:, i], q_z), s=3, color=COLOURS[i % 7], alpha=0.5, linewidths=0)
        outline(left, q_z)
        left.set_title("draws of q(z|x) for seven x")
    add_grid(right, vae.sample_latent(24, some_condition(vae, c, 24))[1].mean, 4)
    right.set_title("means of p(x|z), z ~ p(z)")
    return figure


def prior(vae: VAE, data: Data) -> Figure:
    """Draws of p(z) below the means of q(z|x), and samples of the model."""
    figure, (left, right) = two_panels()
    x, c = data.at("test", slice(0, 300))
    q_z = encode(vae, x, c)
    z, p_x = vae.sample_latent(600, some_condition(vae, c, 600))
    if isinstance(space(q_z), LatentCodes) or len(z[0]) > 4:
        code_image(left, z[:60], None)
        left.set_title("draws of p(z), a row each")
    else:
        conditional = vae.condition.shape is not None and vae.condition.sees("prior")
        left.scatter(*flat(z, q_z), s=5, color="0.75", linewidths=0)
        if conditional:
            left.scatter(*flat(z, q_z), s=5, c=labels_of(data, c, 600), cmap="tab10", linewidths=0)
        else:
            points = centre(q_z)
            colours = data.labels["test"][:300] if data.labels else None
            left.scatter(*flat(points, q_z), s=4, c=colours, cmap="tab10", linewidths=0)
        outline(left, q_z)
        left.set_title("p(z|c), c by colour" if conditional else "p(z) grey, E[z|x] coloured")
    add_grid(right, p_x.mean[:24], 4)
    right.set_title("means of p(x|z), z ~ p(z)")
    return figure


def likelihood(vae: VAE, data: Data) -> Figure:
    """Test data, the mean of p(x|z) at their latents, and a draw of it; of vectors, points for x, a
    line for the mean and a band that has 90 of 100 draws."""
    figure = new_figure(WIDTH, HEIGHT, layout="constrained")
    x, c = data.at("test", first_of_each(data, 8))
    p_x = decode(vae, x, c)
    if x.ndim == 2:
        draws = p_x.sample((DRAWS,))
        loc, scale = units(data.at("train", slice(0, 400))[0])
        for i, axes in enumerate(figure.subplots(3, 1)):
            shown = ((values - loc) / scale for values in (x[i], p_x.mean[i], draws[:, i]))
            add_band(axes, *shown)
            axes.set_ylabel(f"x, {i + 1}")
        return figure
    rows = {"x": x, "mean": p_x.mean, "draw": p_x.sample()}
    for axes, (name, values) in zip(figure.subplots(3, 1), rows.items()):
        add_grid(axes, values[:8], 1, like=x)
        axes.set_ylabel(name)
    return figure


def network(vae: VAE, data: Data) -> Figure:
    """Reconstructions, and what the decoder makes of a grid of latents."""
    figure = new_figure(WIDTH, HEIGHT, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1])
    x, c = data.at("test", first_of_each(data, 8))
    if data.kind == "real":
        x, both = x[:3], (x[:3], decode(vae, x[:3], c).mean)
        add_grid(left, torch.cat(both), 2, like=x)
    else:
        add_grid(left, torch.stack([x, decode(vae, x, c).mean], 1)[:8].flatten(0, 1), 4)
    left.set_title("data and reconstructions")
    side = 3 if data.kind == "real" else 8
    steps = torch.linspace(-0.85, 0.85, side) if ball(vae, x, c) else torch.linspace(-2, 2, side)
    z = torch.cartesian_prod(steps, steps).flip(1)
    z = 0.75 * z if ball(vae, x, c) else z
    add_grid(right, vae.decoder(z).mean, side)
    right.set_title("means of p(x|z), z on a grid")
    return figure


def data_set(vae: VAE, data: Data) -> Figure:
    """Training data, and draws of a model that a short run has trained on them."""
    figure = new_figure(WIDTH, HEIGHT, layout="constrained")
    left, right = figure.subplots(1, 2)
    x, c = data.at("train", slice(0, 400))
    p_x = vae.sample_latent(400, some_condition(vae, c, 400))[1]
    made = p_x.mean if x.ndim == 4 else p_x.sample()
    add_grid(left, x, 4)
    add_grid(right, made, 4, like=x)
    left.set_title("data")
    right.set_title("the model: " + ("means of p(x|z)" if x.ndim == 4 else "draws of p(x|z)"))
    return figure


DRAW: dict[str, Callable[[VAE, Data], Figure]] = {
    "encoder": posterior,
    "decoder": likelihood,
    "prior": prior,
    "network": network,
    "data": data_set,
}


def encode(vae: VAE, x: Tensor, c: Tensor | None) -> torch.distributions.Distribution:
    modelled, seen = vae.condition(x, c)
    return vae.encoder(modelled, *seen.encoder)


def decode(vae: VAE, x: Tensor, c: Tensor | None) -> torch.distributions.Distribution:
    """p(x|z) at the centre of q(z|x)."""
    _, seen = vae.condition(x, c)
    return vae.decoder(centre(encode(vae, x, c)), *seen.decoder)


def some_condition(vae: VAE, c: Tensor | None, count: int) -> Tensor | None:
    """Conditions of test data, again and again."""
    if vae.condition.shape is None:
        return None
    return c[torch.arange(count) % len(c)]


def labels_of(data: Data, c: Tensor, count: int) -> numpy.ndarray:
    labels = data.labels["test"][: len(c)]
    return labels[torch.arange(count) % len(c)].numpy()


def first_of_each(data: Data, count: int) -> Tensor:
    """Test data of as many classes as there are."""
    if not data.labels:
        return torch.arange(count)
    labels = data.labels["test"][:300].tolist()
    firsts = [labels.index(label) for label in sorted(set(labels))]
    others = [i for i in range(300) if i not in firsts]
    return torch.tensor(sorted([*firsts, *others][:count]))


def ball(vae: VAE, x: Tensor, c: Tensor | None) -> bool:
    return isinstance(space(encode(vae, x, c)), PoincareBall)


def flat(z: Tensor, q_z: torch.distributions.Distribution) -> tuple[Tensor, Tensor]:
    """Two coordinates: the first two, or of the sphere Lambert's projection from its pole."""
    if isinstance(space(q_z), Sphere):
        z = z[:, :2] * (2 / (1 + z[:, 2:]).clamp(min=1e-3)).sqrt() / 2
    return z[:, 0], z[:, 1]


def outline(axes: Axes, q_z: torch.distributions.Distribution) -> None:
    """No ticks, and the border of the space where it has one."""
    clean(axes)
    if isinstance(space(q_z), Sphere | PoincareBall):
        axes.add_patch(Circle((0, 0), 1, fill=False, color="black", linewidth=0.8))
        axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
        axes.axis("off")


def code_image(axes: Axes, z: Tensor, data: Data | None) -> None:
    """Codes (N, Z), a row each."""
    if data is not None and data.labels:
        z = z[data.labels["test"][: len(z)].argsort(stable=True)][::3]
    axes.imshow(z.numpy(), aspect="auto", interpolation="nearest", cmap="Greys")
    clean(axes)
