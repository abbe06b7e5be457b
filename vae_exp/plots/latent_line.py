"""A latent space of one dimension."""

from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_exp.data import Data
from vae_exp.distribution.space import space
from vae_exp.plots.classes import class_name, classes
from vae_exp.plots.colors import BLACK, SKY
from vae_exp.plots.labels import dimension
from vae_exp.plots.prior_range import mean_and_deviation
from vae_exp.plots.scatter import class_style
from vae_exp.plots.style import new_figure, on_paper
from vae_exp.vae import VAE

BINS = 40
POINTS = 200  # of a class
JITTER = 7  # heights within a strip, so that points do not hide each other


@on_paper
def draw_line(vae: VAE, data: Data, means: Tensor, labels: Tensor | None) -> Figure:
    """The histogram of posterior means (N,) beside the prior's density, above a strip a class; the
    prior's under the condition of a test datum where there is one."""
    _, seen = vae.condition(*data.at("test", slice(0, 1)))
    p_z = vae.prior(*seen.prior)
    names = classes(labels)
    figure = new_figure(1120, 480 + 45 * len(names), layout="constrained")
    figure.suptitle(f"Latent space: posterior means of {len(means):,} test data in one dimension")
    above, *below = figure.subplots(
        1 + bool(names),
        squeeze=False,
        sharex=True,
        height_ratios=[9, len(names)][: 1 + bool(names)],
    )[:, 0]
    middle, deviation = (number.item() for number in mean_and_deviation(p_z, data.device))
    low = min(means.min().item(), middle - 3 * deviation)
    high = max(means.max().item(), middle + 3 * deviation)
    if (reach := getattr(space(p_z), "radius", None)) is not None:  # of the Poincaré ball
        low, high = max(low, -reach), min(high, reach)
    z = torch.linspace(low, high, 402)[1:-1]
    density = p_z.log_prob(z.unsqueeze(-1).to(data.device)).exp().cpu()

    style = {"color": SKY, "edgecolor": BLACK, "linewidth": 0.4}
    above.hist(
        means.numpy(), bins=BINS, range=(low, high), density=True, label="posterior means", **style
    )
    above.plot(z.numpy(), density.numpy(), "--", color=BLACK, label="prior p(z)")
    above.set(ylabel="density per unit of z", xlim=(low, high))
    above.legend()
    for axes in below:
        _strips(axes, means, labels, names, data.class_names)
    (below or [above])[0].set_xlabel(f"{dimension(0)} (its prior: {middle:.2g} ± {deviation:.2g})")
    return figure


def _strips(
    axes: Axes, means: Tensor, labels: Tensor, found: list[int], names: Sequence[str]
) -> None:
    for i, label in enumerate(found):
        points = means[labels == label][:POINTS]
        heights = i + 0.6 * (torch.arange(len(points)) % JITTER / (JITTER - 1) - 0.5)
        axes.scatter(points.numpy(), heights.numpy(), s=12, **class_style(i))
    axes.set(ylabel="class", yticks=range(len(found)))
    axes.set_yticklabels([class_name(label, names) for label in found])
    axes.invert_yaxis()
