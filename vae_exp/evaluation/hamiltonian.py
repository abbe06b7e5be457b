"""Hamiltonian Monte Carlo on p(z) p(x|z)^β, for many data and chains at once."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.distributions import Distribution

JITTER = 0.2  # of the step, or chains of one frequency would come back to where they were


@dataclass(frozen=True)
class Point:
    """Where chains are, and what is known there.

    Args:
        z: (C, B, Z), C chains of B data.
        log_prior, log_likelihood: log p(z) and log p(x|z), (C, B).
        prior_slope, likelihood_slope: their gradients in z, (C, B, Z).
    """

    z: Tensor
    log_prior: Tensor
    log_likelihood: Tensor
    prior_slope: Tensor
    likelihood_slope: Tensor

    def log_density(self, beta: Tensor) -> Tensor:
        """log p(z) + β log p(x|z), (C, B), for β (B,)."""
        return self.log_prior + beta * self.log_likelihood

    def slope(self, beta: Tensor) -> Tensor:
        """Its gradient in z, (C, B, Z)."""
        return self.prior_slope + beta.unsqueeze(-1) * self.likelihood_slope

    def where(self, chosen: Tensor, other: "Point") -> "Point":
        """This one in the chains that are ``chosen`` (C, B), the other one else."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Point(
            *(torch.where(chosen if a.ndim == 2 else chosen.unsqueeze(-1), a, b) for a, b in pairs)
        )


class Joint:
    """p(z) and p(x|z) of a batch of data, with their gradients.

    Args:
        p_z: p(z), of batch () or (B,), a density on all of R^Z.
        likelihood: log p(x|z), (C, B), of z (C, B, Z).
    """

    def __init__(self, p_z: Distribution, likelihood: Callable[[Tensor], Tensor]):
        self.p_z, self.likelihood = p_z, likelihood

    def at(self, z: Tensor) -> Point:
        """What is known at z (C, B, Z).

        Raises:
            ValueError: a density has no gradient in z.
        """
        z = z.detach().requires_grad_()
        with torch.enable_grad():
            log_prior, log_likelihood = self.p_z.log_prob(z), self.likelihood(z)
            slopes = [
                _slope(part, density, z)
                for part, density in (("prior", log_prior), ("decoder", log_likelihood))
            ]
        return Point(z.detach(), log_prior.detach(), log_likelihood.detach(), *slopes)


def _slope(part: str, density: Tensor, z: Tensor) -> Tensor:
    slope = None
    if density.requires_grad:
        (slope,) = torch.autograd.grad(density.sum(), z, allow_unused=True)
    if slope is None:
        raise ValueError(
            f"{part}: expected a log density with a gradient in z, for Hamiltonian Monte Carlo "
            "follows it, got one without"
        )
    return slope


def transition(
    joint: Joint,
    point: Point,
    beta: Tensor,
    step: Tensor,
    scale: Tensor,
    leapfrogs: int,
    generator: torch.Generator,
) -> tuple[Point, Tensor]:
    """The chains one transition later, which leaves p(z) p(x|z)^β as it is, and how willingly.

    In u = z / scale, with a momentum v ~ N(0, I), steps of ε follow H = ½ |v|² − log density,

        v ← v + ½ε ∂_u log density;  u ← u + ε v;  v ← v + ½ε ∂_u log density,

    and where they end is taken with probability min(1, exp(H − H')). ε is ``step`` times a number
    that is drawn anew for each chain, from 0.8 to 1.2. What is not finite is not taken.

    Args:
        beta, step: (B,).
        scale: (B, Z), about the standard deviations of z.
        leapfrogs: how many steps.

    Returns:
        the new point, and the probability with which the proposals were taken, (C, B).
    Source: Neal 2011, arXiv 1206.1901.
    """

    def draw(like: Tensor, of: Callable[..., Tensor]) -> Tensor:
        return of(like.shape, generator=generator, device=like.device, dtype=like.dtype)

    old, old_energy = point, point.log_density(beta)
    v = draw(point.z, torch.randn)
    old_energy = old_energy - v.square().sum(-1) / 2
    jitter = 1 + JITTER * (2 * draw(old_energy, torch.rand) - 1)
    epsilon = (step * jitter).unsqueeze(-1)
    kick, drift = epsilon * scale, epsilon * scale
    v = v + kick / 2 * point.slope(beta)
    for last in [False] * (leapfrogs - 1) + [True]:
        point = joint.at(point.z + drift * v)
        v = v + (kick / 2 if last else kick) * point.slope(beta)
    log_ratio = point.log_density(beta) - v.square().sum(-1) / 2 - old_energy
    accepted = torch.where(log_ratio.isnan(), 0.0, log_ratio.clamp(max=0).exp())
    taken = draw(accepted, torch.rand) < accepted
    return point.where(taken, old), accepted
