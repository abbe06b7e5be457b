"""The figures of the mathematics, drawn by the parts themselves: python docs/making/figures.py."""

import math
from pathlib import Path

import torch
from figure_parts import likelihood, posterior, prior
from gallery import webp
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from vae_exp.configuration.option_facts import option_class
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.space import space
from vae_exp.distribution.sphere import Sphere
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.objective import Terms
from vae_exp.plots.colors import BLACK, BLUE, GREEN, VERMILLION
from vae_exp.plots.rendering import render
from vae_exp.plots.style import GREY, new_figure, paper

FOLDER = Path(__file__).parents[1] / "mathematics" / "figures"
SIDE = 160
POSTERIORS = (
    *("gaussian", "full_gaussian", "low_rank_gaussian", "laplace", "student_t", "flow"),
    *("von_mises_fisher", "power_spherical", "wrapped_normal"),
)
PRIORS = ("standard_normal", "laplace", "mixture", "vampprior", "flow", "wrapped_normal")
LIKELIHOODS = (
    *("gaussian", "laplace", "logistic", "student_t", "continuous_bernoulli", "beta"),
    *("discretized_logistic", "discretized_logistic_mixture", "beta_binomial", "categorical"),
    *("bernoulli", "poisson", "negative_binomial", "zero_inflated_negative_binomial"),
)
COLUMNS = 5  # of panels


def posteriors() -> Figure:
    return densities([(name, posterior(name)) for name in POSTERIORS])


def priors() -> Figure:
    return densities([(name, prior(name)) for name in PRIORS])


def densities(shown: list[tuple[str, Distribution]]) -> Figure:
    """Densities in the plane, on the disc that the sphere is seen as, or in the ball."""
    columns = 6 if len(shown) == 6 else COLUMNS  # no panel alone in a row
    rows = -(-len(shown) // columns)
    figure = new_figure(1250, 270 * rows, layout="constrained")
    panels = figure.subplots(rows, columns).flatten()
    for axes in panels:
        axes.axis("off")
    for axes, (name, distribution) in zip(panels, shown):
        axes.set_title(name)
        density(axes, distribution)
    return figure


def density(axes: Axes, distribution: Distribution) -> None:
    """Ten contours of it."""
    of = space(distribution)
    round_ = isinstance(of, Sphere | PoincareBall)
    end = 1.0 if round_ else 3.0
    steps = torch.linspace(-end, end, SIDE)
    plane = torch.cartesian_prod(steps, steps)
    z, inside = plane, plane.square().sum(-1) < 0.985
    if isinstance(of, Sphere):  # Lambert's projection, which keeps areas
        radius = plane.square().sum(-1, keepdim=True).clamp(max=1)
        z = torch.cat([plane * (2 - radius).sqrt(), 1 - radius], dim=-1)
        z = torch.nn.functional.normalize(z, dim=-1)
    if isinstance(of, PoincareBall):
        z = torch.where(inside.unsqueeze(-1), plane, 0)
    p = distribution.log_prob(z).exp().detach().reshape(SIDE, SIDE)
    p = torch.where(inside.reshape(SIDE, SIDE), p, math.nan) if round_ else p
    axes.contour(steps, steps, p.T, levels=9, colors=BLUE, linewidths=0.8)
    axes.set_aspect("equal")
    if round_:
        axes.add_patch(Circle((0, 0), 1, fill=False, color=BLACK, linewidth=0.8))


def likelihoods() -> Figure:
    """One component of each."""
    rows = -(-len(LIKELIHOODS) // COLUMNS)
    figure = new_figure(1250, 230 * rows, layout="constrained")
    panels = figure.subplots(rows, COLUMNS).flatten()
    for axes in panels[len(LIKELIHOODS) :]:
        axes.axis("off")
    for axes, name in zip(panels, LIKELIHOODS):
        axes.set_title(name.replace("zero_inflated_", "zero_inflated_\n"), fontsize=8)
        axes.set_yticks([])
        axes.tick_params(labelsize=7)
        component(axes, likelihood(name))
    return figure


def component(axes: Axes, p_x: Distribution) -> None:
    """A line where it is a density, bars where it is a probability."""
    support = p_x.support
    while hasattr(support, "base_constraint"):
        support = support.base_constraint
    values = {
        "_Boolean": torch.tensor([0.0, 1.0]),
        "Levels": torch.arange(16) / 15,
        "_IntegerGreaterThan": torch.arange(16.0),
    }.get(type(support).__name__)
    if values is not None:
        p = p_x.log_prob(values.unsqueeze(-1)).exp()
        width = 0.8 * (values[1] - values[0]).item()
        axes.bar(values, p.detach(), width=width, color=BLUE)
        return
    real = type(support).__name__ == "_Real"
    x = torch.linspace(-0.5, 1.5, 401) if real else torch.linspace(0.002, 0.998, 400)
    axes.plot(x, p_x.log_prob(x.unsqueeze(-1)).exp().detach(), color=BLUE)
    axes.set_ylim(bottom=0)


def kl_estimators() -> Figure:
    """Expectations of k2, and what samples of k3 say, beside the KL."""
    figure = new_figure(1150, 420, layout="constrained")
    left, right = figure.subplots(1, 2)
    means = torch.linspace(0, 2.5, 26)
    estimates(left, Normal(means, 1.0), means)
    left.set(xlabel="μ", ylabel="nats", title="q = N(μ, 1)")
    scales = torch.logspace(-1.7, 0, 30)
    estimates(right, Normal(0.0, scales), scales)
    right.set(xlabel="s", title="q = N(0, s²)", xscale="log")
    right.axvspan(scales[0], 0.5**0.5, color="0.93", zorder=-1)
    right.text(0.022, 0.15, "$E_q[r^2] = ∞$", color="0.4")
    right.legend()
    return figure


def estimates(axes: Axes, q: Normal, places: Tensor) -> None:
    p = Normal(0.0, 1.0)
    log_ratio = lambda z: p.log_prob(z) - q.log_prob(z)  # noqa: E731
    axes.plot(places, kl_divergence(q, p), color=GREY, linewidth=4, label="KL(q ‖ p), and $k_1$")
    draws = log_ratio(q.sample((200_000,)))
    axes.plot(places, 0.5 * draws.square().mean(0), color=BLUE, label="$k_2$")
    draws = log_ratio(q.sample((1000, 300)))
    k3 = (draws.expm1() - draws).mean(0)
    low, middle, high = k3.quantile(torch.tensor([0.05, 0.5, 0.95]), dim=0)
    axes.fill_between(places, low, high, color=VERMILLION, alpha=0.2, linewidth=0)
    axes.plot(places, middle, color=VERMILLION, linestyle="--", label="$k_3$, 1000 samples")


def objectives() -> Figure:
    """Bounds and gradients in a model whose log p(x) is known."""
    figure = new_figure(1150, 420, layout="constrained")
    left, right = figure.subplots(1, 2)
    counts = [1, 2, 4, 8, 16, 32, 64, 128]
    lines = {"elbo": (BLACK, ":"), "iwae": (BLUE, "-"), "dreg": (GREEN, "--")}
    for name, (color, style) in lines.items():
        found = [bound_and_signal(name, count) for count in counts]
        if name != "dreg":
            left.plot(counts, [b for b, _ in found], style, color=color, label=name)
        right.plot(counts, [s for _, s in found], style, color=color, label=name)
    exact = Normal(0.0, 2**0.5).log_prob(torch.tensor(1.0)).item()
    left.axhline(exact, color=GREY, linestyle="--", linewidth=1)
    left.text(1, exact - 0.012, "log p(x)", color="0.4", va="top")
    left.set(xlabel="K", xscale="log", ylabel="nats", title="bound")
    right.set(xlabel="K", xscale="log", yscale="log", title="signal to noise of the gradient of q")
    for axes in (left, right):
        axes.set_xticks([1, 4, 16, 64], ["1", "4", "16", "64"])
        axes.minorticks_off()
    right.legend()
    left.legend(loc="center right")
    return figure


def bound_and_signal(name: str, count: int, batch: int = 20_000) -> tuple[float, float]:
    """Of p(z) = N(0, 1), p(x|z) = N(z, 1), x = 1, and a q that is aside and too wide: N(1.1,
    0.85²), where N(0.5, 0.71²) is exact."""
    loc = torch.full((batch, 1), 1.1, requires_grad=True)
    q_z = Independent(Normal(loc, 0.85), 1)
    p_z = Independent(Normal(torch.zeros(1), 1.0), 1)

    def decoder(z: Tensor) -> Distribution:
        return Independent(Normal(z, 1.0), 1)

    x, z, kl = torch.ones(batch, 1), q_z.rsample((count,)), MonteCarlo("auto")
    arguments = {"samples": count}
    if name == "elbo":
        arguments |= {"beta": 1.0, "beta_schedule": "constant", "beta_steps": 1, "free_bits": 0.0}
        arguments |= {"capacity": None, "capacity_steps": 1}
    terms = Terms(
        x=x,
        q_z=q_z,
        p_z=p_z,
        p_x=decoder(z),
        z=z,
        reconstruction_loss=-decoder(z).log_prob(x),
        kl_loss=kl(q_z, p_z, z),
        kl=kl,
        decoder=decoder,
    )
    loss = option_class("objective", name)(**arguments)(terms)
    loss.backward()
    gradient = loc.grad * batch  # of each datum, by samples of its own
    return -loss.item(), abs(gradient.mean() / gradient.std()).item()


FIGURES = (posteriors, priors, likelihoods, kl_estimators, objectives)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for draw in FIGURES:
        torch.manual_seed(0)
        with paper():
            pixels = render(draw())
        (FOLDER / f"{draw.__name__}.webp").write_bytes(webp(pixels))
        print(draw.__name__)


if __name__ == "__main__":
    main()
