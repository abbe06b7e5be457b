"""The way from p(z) to p(z|x) that chains are led along, and how they move there."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_exp.evaluation.hamiltonian import Joint, transition
from vae_exp.evaluation.progress import Progress, silent

STEEPNESS = 4.0  # δ of the schedule
KNOTS = 60  # places where the moves are tuned
TRIES = 4  # transitions at each
ACCEPTED = 0.8  # how many proposals are to be taken
GAIN = 0.5  # of log ε for what is taken beyond that
MEMORY = 0.9  # of a running average over tries
LEAST, MOST = 1e-4, 1e4  # of a scale, and of a step


def temperature(share: float) -> float:
    """β at that share of the way, from 0 to 1:

        β = (σ(δ(2s − 1)) − σ(−δ)) / (σ(δ) − σ(−δ)), δ = 4,

    which begins and ends slowly.

    Source: Wu et al. 2017, arXiv 1611.04273.
    """
    low, high, here = (1 / (1 + math.exp(-STEEPNESS * end)) for end in (-1, 1, 2 * share - 1))
    return (here - low) / (high - low)


@dataclass(frozen=True)
class Moves:
    """How chains move along the way.

    Args:
        steps: log ε at each of K knots, (K, B).
        scales: log of the standard deviations of z, (K, B, Z).
        leapfrogs: steps in a transition.
    """

    steps: Tensor
    scales: Tensor
    leapfrogs: int

    def at(self, share: float) -> tuple[Tensor, Tensor]:
        """ε (B,) and the scales (B, Z) at that share of the way, between two knots."""
        place = share * (len(self.steps) - 1)
        knot = min(int(place), len(self.steps) - 2)
        weight = place - knot
        return (
            self.steps[knot].lerp(self.steps[knot + 1], weight).exp(),
            self.scales[knot].lerp(self.scales[knot + 1], weight).exp(),
        )


def tune(
    joint: Joint,
    z: Tensor,
    leapfrogs: int,
    generator: torch.Generator,
    progress: Progress = silent,
) -> Moves:
    """Steps of which about 80% are taken, and scales, from chains that go the way once, quickly.

    They are thrown away: what moves with what they have found is independent of them, so that
    the steps of those are constants, and their weights unbiased.

    Args:
        z: draws from p(z), (C, B, Z).
        progress: told how far it has come.
    """
    point = joint.at(z)
    log_step = torch.full_like(z[0, :, 0], 0.5).log()
    variance = z.var(0) if len(z) > 1 else torch.ones_like(z[0])
    steps, scales = [], []
    for knot in range(KNOTS):
        progress("tuning steps", knot / KNOTS)
        beta = torch.full_like(log_step, temperature(knot / (KNOTS - 1)))
        averaged = torch.zeros_like(log_step)
        for _ in range(TRIES):
            scale = variance.sqrt().clamp(LEAST, MOST)
            point, accepted = transition(
                joint, point, beta, log_step.exp(), scale, leapfrogs, generator
            )
            log_step = log_step + GAIN * (accepted.mean(0) - ACCEPTED)
            log_step = log_step.clamp(math.log(LEAST), math.log(MOST))
            averaged += log_step / TRIES
            if len(z) > 1:
                variance = variance.lerp(point.z.var(0), 1 - MEMORY)
        steps.append(averaged)
        scales.append(scale.log())
    return Moves(torch.stack(steps), torch.stack(scales), leapfrogs)
