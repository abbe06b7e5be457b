"""The geometry of the Poincaré ball, against formulas that are written otherwise."""

import pytest
import torch

from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.space import equal, geodesic

CURVATURES = [0.3, 1.0, 2.5]


def points(ball, count=40, z_dim=4, length=2.0):
    v = length * ball.radius * torch.randn(count, z_dim, dtype=torch.float64)
    return ball.exp(torch.zeros_like(v), v)


@pytest.mark.parametrize("c", CURVATURES)
def test_distance_is_that_of_the_hyperboloid(c):
    ball = PoincareBall(c)
    x, z = points(ball), points(ball)

    def lift(y):
        y = c**0.5 * y
        square = y.square().sum(-1, keepdim=True)
        return torch.cat([(1 + square) / (1 - square), 2 * y / (1 - square)], -1)

    a, b = lift(x), lift(z)
    expected = (a[:, 0] * b[:, 0] - (a[:, 1:] * b[:, 1:]).sum(-1)).acosh() / c**0.5
    torch.testing.assert_close(ball.distance(x, z), expected, rtol=1e-6, atol=1e-6)
    moved = ball.distance(*(ball.add(points(ball, 1), y) for y in (x, z)))
    assert not torch.allclose(moved, expected)  # by two different points
    by = points(ball, 1)
    same = ball.distance(ball.add(by, x), ball.add(by, z))
    torch.testing.assert_close(same, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("c", CURVATURES)
def test_log_undoes_exp_and_has_the_length_of_the_way(c):
    ball = PoincareBall(c)
    x, z = points(ball), points(ball)
    v = ball.log(x, z)
    torch.testing.assert_close(ball.exp(x, v), z)
    direction = ball.add(-x, z)
    cosine = torch.cosine_similarity(v, direction)
    torch.testing.assert_close(cosine, torch.ones_like(cosine))
    assert torch.equal(ball.log(x, x), torch.zeros_like(x))


@pytest.mark.parametrize("c", CURVATURES)
def test_a_geodesic_is_walked_evenly_and_stays_inside(c):
    ball = PoincareBall(c)
    a, b = points(ball), points(ball)
    t = torch.linspace(0, 1, 7, dtype=torch.float64).view(-1, 1, 1)
    way = geodesic(ball, a, b, t)
    assert ball.check(way).all()
    whole = ball.distance(a, b)
    torch.testing.assert_close(ball.distance(a, way), t.squeeze(-1) * whole)
    torch.testing.assert_close(ball.distance(way, b), (1 - t).squeeze(-1) * whole)
    straight = geodesic(torch.distributions.constraints.real_vector, a, b, t)
    torch.testing.assert_close(straight, torch.lerp(a.expand_as(straight), b, t))


def test_spaces_are_one_if_their_curvatures_are():
    assert equal(PoincareBall(1.0), PoincareBall(1.0))
    assert not equal(PoincareBall(1.0), PoincareBall(0.5))


def test_what_is_far_out_is_drawn_in():
    for dtype in (torch.float32, torch.float64):
        ball = PoincareBall(0.7)
        v = (1e4 * torch.randn(100, 50, dtype=dtype)).requires_grad_()
        z = ball.exp(torch.zeros_like(v), v)
        assert z.dtype == dtype and ball.check(z).all()
        z.sum().backward()
        assert v.grad.isfinite().all()
