"""Codes on a grid, by enumeration."""

import itertools
import math

import torch
from torch.distributions import kl_divergence

from vae_exp.distribution.grid import Grid, PointMass, UniformGrid

GRID = Grid([4, 3, 2])
AXES = [[-1, -0.5, 0, 0.5], [-1, 0, 1], [-1, 0]]
CODES = torch.tensor(list(itertools.product(*AXES)), dtype=torch.float32)


def test_all_codes_are_as_probable_and_nothing_else():
    p = UniformGrid(GRID, torch.zeros(()))
    assert (
        p.log_prob(CODES).exp().sum().item() == 1.0
        or abs(p.log_prob(CODES).exp().sum().item() - 1) < 1e-6
    )
    off = torch.tensor([[0.25, 0, 0], [0, 0, 1], [1, 0, 0]])
    assert p.log_prob(off).eq(-math.inf).all()
    torch.testing.assert_close(p.mean, CODES.mean(0))
    torch.testing.assert_close(p.variance, CODES.var(0, correction=0))
    z = p.sample((5000,))
    found, counts = z.unique(dim=0, return_counts=True)
    assert torch.equal(found, CODES.unique(dim=0))
    assert (counts - 5000 / 24).abs().max() < 5 * (5000 / 24) ** 0.5


def test_a_point_mass_is_at_its_code_alone():
    q, p = PointMass(CODES, GRID), UniformGrid(GRID, torch.zeros(()))
    pairs = q.log_prob(CODES.unsqueeze(1))
    assert torch.equal(pairs.exp(), torch.eye(24))
    torch.testing.assert_close(kl_divergence(q, p), torch.full((24,), math.log(24)))
    torch.testing.assert_close(q.log_prob(q.sample()) - p.log_prob(q.sample()), kl_divergence(q, p))
    assert q.sample((3,)).shape == (3, 24, 3) and q.entropy().eq(0).all()


def test_ways_and_coordinates_stay_on_the_grid():
    t = torch.linspace(0, 1, 9).unsqueeze(-1)
    assert GRID.check(GRID.geodesic(CODES[0], CODES[-1], t)).all()
    zero, one = torch.tensor(0.0), torch.tensor(1.0)
    moved = GRID.traverse(CODES[0], 0, zero, one, torch.arange(8))
    assert moved[:, 0].unique().tolist() == AXES[0]
