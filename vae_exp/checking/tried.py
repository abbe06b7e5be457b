"""Some distributions of a part of as few numbers as it takes, with samples and their masses."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.checking.quadrature import LINE, points
from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import Wrong

SIZES = (1.0, 2.0, 0.3)  # of x or z, of which the distribution is another each time
MANY = 10_000
EDGE = 1e-7  # of the mass of the outermost points, which is nearly all that lies beyond


@dataclass(frozen=True)
class Tried:
    """One of them.

    Args:
        p: of batch ().
        x: samples, (N, *event).
        at, mass: points and what of the density each has, or none where there is no quadrature.
        cut_off: whether mass lies nearer to a border than double precision can tell.
    """

    p: Distribution
    x: Tensor
    at: Tensor | None
    mass: Tensor | None
    cut_off: bool


def tried(subject: Subject) -> list[Tried]:
    """The same ones for each check that asks.

    Raises:
        Wrong: log_prob is no number somewhere in the support.
    """
    if not hasattr(subject, "_tried"):
        subject._tried = list(_try(subject.small))
    return subject._tried


def _try(subject: Subject):
    part = subject.part()
    domain = any(hasattr(module, "domain") for module in part.modules())
    several = SIZES if math.prod(subject.event_shape) == 1 else SIZES[:2]  # planes take longer
    for size in several if subject.sees(part) else SIZES[:1]:
        p = subject.of(part, *((1.0 if domain else size) * seen for seen in subject.sees(part)))
        x = p.sample((MANY,))
        found = points(subject.support, x)
        if found is None:
            yield Tried(p, x, None, None, False)
            continue
        at, log_volume = found
        mass = (log_prob_at(p, at) + log_volume).exp()
        number = math.prod(subject.event_shape) == 1 and not subject.support.is_discrete
        ends = max(mass[:3].max().item(), mass[-3:].max().item())
        yield Tried(p, x, at, mass, number and len(mass) <= LINE and ends > EDGE)


@torch.no_grad()
def log_prob_at(p: Distribution, x: Tensor) -> Tensor:
    """log p of x (N, *event), (N,), of numbers.

    Raises:
        Wrong: it is none, at a point of the support.
    """
    log_p = torch.cat([p.log_prob(part) for part in x.split(50_000)])
    if log_p.shape != x.shape[:1]:
        raise Wrong(
            f"expected log_prob of shape {tuple(x.shape[:1])} for {len(x)} of x, got "
            f"{tuple(log_p.shape)}; is log_prob summed over the event?"
        )
    if log_p.isnan().any():
        where = x[log_p.isnan()][0].flatten()[0].item()
        raise Wrong(
            f"expected a density all over its support, got NaN at {where:.4g}; is the support "
            "declared too large, or a logarithm taken of 0?"
        )
    return log_p
