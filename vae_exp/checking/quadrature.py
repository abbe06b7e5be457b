"""Points at which a sum, or an integral, over a space is taken."""

import math

import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.decoder.levels import Levels
from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.sphere import Sphere
from vae_exp.distribution.variable import OfVariables, ends

Points = tuple[Tensor, Tensor]  # (N, *event), and the logarithm of the volume of each, (N,)
LINE, PLANE, TURN = 16_001, 161, 2_000
MOST_VALUES = 100_000  # of a discrete variable
MOST_CODES = 100_000


def points(support: constraints.Constraint, drawn: Tensor) -> Points | None:
    """Of a space of one or two numbers, or of codes, in double precision; none of another.

    Args:
        drawn: samples (N, *event), to see where the distribution is.
    """
    if isinstance(support, LatentCodes):
        if math.prod(support.values) > MOST_CODES:
            return None
        codes = support.all(drawn[0])
        return codes, codes.new_zeros(len(codes))
    size = drawn[0].numel()
    if isinstance(support, Sphere):
        return circle() if support.dim == 1 else None
    if isinstance(support, PoincareBall):
        return disc(support.radius) if size == 2 else segment(support.radius) if size == 1 else None
    if size == 1:
        shape = drawn.shape[1:]
        x, log_volume = of_a_number(support, drawn.flatten())
        return x.reshape(-1, *shape), log_volume
    if size == 2 and type(support) is type(constraints.real) and drawn.ndim == 2:
        return plane(drawn)
    return None


def of_a_number(support: constraints.Constraint, drawn: Tensor) -> Points:
    """Of one number, whole or not, wherever it lives."""
    if support.is_discrete:
        x = values(support, drawn)
        return x, torch.zeros_like(x)
    low, high = borders(support)
    if math.isinf(low) and math.isinf(high):
        x, dx = line(drawn)
    elif math.isinf(high):
        x, dx = half_line(low, drawn)
    else:
        x, dx = interval(low, high)
    fits = (x > low) & (x < high)
    return x[fits], dx[fits].log()


def borders(support: constraints.Constraint) -> tuple[float, float]:
    """The least and the largest number of a support, inside of it or just outside."""
    if isinstance(support, OfVariables):
        low, high = ends(support.variables[0])
        return low, high
    while hasattr(support, "base_constraint"):
        support = support.base_constraint
    low = getattr(support, "lower_bound", None)
    high = getattr(support, "upper_bound", None)
    if low is None and not support.check(torch.tensor(-1e-30, dtype=torch.float64)):
        low = 0.0  # of a constraint that says no more
    if high is None and not support.check(torch.tensor(2.0, dtype=torch.float64)):
        high = 1.0
    return float(-math.inf if low is None else low), float(math.inf if high is None else high)


def values(support: constraints.Constraint, drawn: Tensor) -> Tensor:
    """All values of a discrete number, or as many as matter, of those drawn: (N,)."""
    if isinstance(support, Levels):
        return torch.arange(support.levels + 1, dtype=torch.float64) / support.levels
    most = min(MOST_VALUES, int(4 * drawn.abs().max().item()) + 1000)
    whole = torch.arange(-most, most + 1, dtype=torch.float64)
    if isinstance(support, OfVariables):
        whole = whole.unsqueeze(-1)
    return whole[support.check(whole).reshape(len(whole))].flatten()


def line(drawn: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers x = m + s sinh(u), close where the distribution is, and far out for its tails."""
    low, middle, high = drawn.double().quantile(torch.tensor([0.25, 0.5, 0.75]).double())
    scale = max((high - low).item() / 1.35, 1e-6 * (1 + middle.abs().item()))
    u = torch.linspace(-28, 28, LINE, dtype=torch.float64)
    return middle + scale * u.sinh(), scale * u.cosh() * (u[1] - u[0])


def half_line(low: float, drawn: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers x = low + s exp(u)."""
    scale = max((drawn.double().median() - low).item(), 1e-12)
    u = torch.linspace(-40, 40, LINE, dtype=torch.float64)
    away = scale * u.exp()
    return low + away, away * (u[1] - u[0])


def interval(low: float, high: float) -> tuple[Tensor, Tensor]:
    """Numbers between two, ever closer at both: x = low + (high − low) σ(π sinh u)."""
    u = torch.linspace(-4.2, 4.2, LINE, dtype=torch.float64)
    share = (math.pi * u.sinh()).sigmoid()
    other = (-math.pi * u.sinh()).sigmoid()
    width = high - low
    dx = width * share * other * math.pi * u.cosh() * (u[1] - u[0])
    return torch.where(u < 0, low + width * share, high - width * other), dx


def plane(drawn: Tensor) -> Points:
    """Pairs of numbers (N, 2), in the directions in which samples spread."""
    drawn = drawn.double()
    centred = drawn - drawn.median(0).values
    inner = centred[centred.norm(dim=-1) <= centred.norm(dim=-1).quantile(0.9)]
    factor = torch.linalg.cholesky(inner.T.cov() + 1e-12 * torch.eye(2, dtype=torch.float64))
    u = torch.linspace(-7, 7, PLANE, dtype=torch.float64)
    grid, weight = (
        torch.cartesian_prod(u.sinh(), u.sinh()),
        torch.cartesian_prod(u.cosh(), u.cosh()),
    )
    log_volume = weight.log().sum(-1) + 2 * (u[1] - u[0]).log() + factor.diagonal().log().sum()
    return drawn.median(0).values + grid @ factor.T, log_volume


def circle() -> Points:
    """Of the unit circle, (N, 2), by the length of arcs."""
    angle = 2 * math.pi * (torch.arange(TURN, dtype=torch.float64) + 0.5) / TURN
    return torch.stack([angle.cos(), angle.sin()], -1), torch.full_like(
        angle, math.log(2 * math.pi / TURN)
    )


def segment(radius: float) -> Points:
    """Of the ball of one dimension."""
    x, dx = interval(-radius, radius)
    fits = x.abs() < radius * (1 - 1e-12)
    return x[fits].unsqueeze(-1), dx[fits].log()


def disc(radius: float) -> Points:
    """Of the ball of two dimensions, in polar coordinates."""
    away, step = interval(0.0, radius)
    away, step = away[::30], 30 * step[::30]
    fits = (away > 1e-9) & (away < radius * (1 - 1e-9))
    away, step = away[fits], step[fits]
    directions, log_arc = circle()
    directions, log_arc = directions[::10], log_arc[::10] + math.log(10)
    z = away.view(-1, 1, 1) * directions
    log_volume = (away * step).log().unsqueeze(-1) + log_arc
    return z.flatten(0, 1), log_volume.flatten()
