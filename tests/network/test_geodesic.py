"""Distances to hyperplanes of the Poincaré ball."""

import torch

from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.network.geodesic import Hyperplanes


def test_is_the_signed_distance_of_ganea_et_al():
    ball = PoincareBall(0.7)
    layer = Hyperplanes(3, 6, ball).double()
    z = ball.exp(torch.zeros(20, 3).double(), 2 * torch.randn(20, 3).double())
    n = torch.nn.functional.normalize(layer.normal)
    foot = ball.exp(torch.zeros_like(n), layer.offset.unsqueeze(-1) * n)
    moved = ball.add(-foot, z.unsqueeze(1))  # −p ⊕ z, (20, 6, 3)
    along = 2 * 0.7**0.5 * (moved * n).sum(-1)
    expected = (along / (1 - 0.7 * moved.square().sum(-1))).asinh() / 0.7**0.5
    torch.testing.assert_close(layer(z), expected)


def test_is_the_least_distance_to_points_of_the_hyperplane():
    ball = PoincareBall(1.0)
    layer = Hyperplanes(2, 1, ball).double()
    n = torch.nn.functional.normalize(layer.normal)
    foot = ball.exp(torch.zeros_like(n), layer.offset.unsqueeze(-1) * n)
    across = torch.stack([-n[:, 1], n[:, 0]], -1)
    line = ball.exp(foot, torch.linspace(-8, 8, 20_001).double().unsqueeze(-1) * across)
    z = ball.exp(torch.zeros(5, 2).double(), torch.randn(5, 2).double())
    least = ball.distance(z.unsqueeze(1), line).amin(1)
    torch.testing.assert_close(layer(z).abs().squeeze(-1), least, rtol=0, atol=1e-5)


def test_is_linear_as_the_curvature_vanishes():
    layer = Hyperplanes(4, 3, PoincareBall(1e-8)).double()
    z = torch.randn(10, 4).double()
    expected = 2 * z @ torch.nn.functional.normalize(layer.normal).mT - layer.offset
    torch.testing.assert_close(layer(z), expected, rtol=1e-5, atol=1e-5)
