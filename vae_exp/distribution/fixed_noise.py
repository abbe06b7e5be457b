"""Standard normal points that are always the same, for means that have no closed form."""

import torch
from torch import Tensor
from torch.distributions import Normal
from torch.quasirandom import SobolEngine

PAIRS = 64


def fixed_noise(like: Tensor) -> Tensor:
    """Points u_i that stand for N(0, I), (N, D), with the dtype and device of ``like`` (*, D).

    A scrambled Sobol sequence, so that the average of f(u_i) is much closer to E[f(u)] than that of
    random points; with each u there is −u, and each coordinate has variance 1, as N(0, I) has it.
    No generator moves.
    """
    engine = SobolEngine(like.shape[-1], scramble=True, seed=0)
    uniform = engine.draw(PAIRS, dtype=torch.float64)
    inside = 0.5 + (1 - 1e-6) * (uniform - 0.5)  # a point may be 0, where u is infinite
    u = Normal(0.0, 1.0).icdf(inside)
    u = (u / u.square().mean(0).sqrt()).to(like)
    return torch.cat([u, -u])
