"""Ways on the sphere."""

import math

import torch

from vae_exp.distribution.space import centre, geodesic, space, traverse
from vae_exp.distribution.sphere import Sphere
from vae_exp.distribution.uniform_sphere import UniformSphere
from vae_exp.distribution.von_mises_fisher import VonMisesFisher

ZERO, ONE = torch.tensor(0.0), torch.tensor(1.0)


def test_a_geodesic_is_a_quarter_of_a_circle_between_two_axes():
    a, b = torch.eye(3, dtype=torch.float64)[:2]
    t = torch.linspace(-1, 2, 7, dtype=torch.float64).unsqueeze(-1)
    way = geodesic(Sphere(2), a, b, t)
    angle = t.squeeze(-1) * math.pi / 2
    torch.testing.assert_close(way, torch.stack([angle.cos(), angle.sin(), 0 * angle], -1))


def test_a_geodesic_ends_where_it_should_and_stays_on_the_sphere():
    a, b = torch.nn.functional.normalize(torch.randn(2, 5, 4), dim=-1)
    b[0], b[1] = a[0], -a[1]  # nowhere to go, and any way
    t = torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1)
    way = geodesic(Sphere(3), a, b, t)
    torch.testing.assert_close(way[0], a)
    torch.testing.assert_close(way[2], b)
    assert Sphere(3).check(way).all()
    half = (way[1] * a).sum(-1).clamp(-1, 1).acos()
    torch.testing.assert_close(half, (a * b).sum(-1).clamp(-1, 1).acos() / 2, atol=1e-3, rtol=0)


def test_elsewhere_it_is_a_straight_line():
    a, b = torch.randn(2, 3)
    support = torch.distributions.constraints.real
    torch.testing.assert_close(
        geodesic(support, a, b, torch.tensor([0.25])), torch.lerp(a, b, 0.25)
    )
    moved = traverse(support, a, 1, ZERO, ONE, torch.tensor([5.0, 6.0]))
    assert moved[:, 1].tolist() == [5, 6] and torch.equal(moved[0, [0, 2]], a[[0, 2]])


def test_a_coordinate_moves_along_a_great_circle():
    z = torch.nn.functional.normalize(torch.tensor([1.0, 2.0, 3.0]), dim=-1)
    value = torch.tensor([-1.0, -0.5, z[2], 1.0])
    points = traverse(Sphere(2), z, 2, ZERO, ONE, value)
    assert Sphere(2).check(points).all()
    torch.testing.assert_close(points[2], z)
    torch.testing.assert_close(points[1, 1] / points[1, 0], torch.tensor(2.0))
    pole = torch.tensor([0.0, 0.0, 1.0])
    assert Sphere(2).check(traverse(Sphere(2), pole, 2, ZERO, ONE, value)).all()


def test_uniform_draws_and_what_stands_for_a_posterior():
    p = UniformSphere(torch.zeros(4))
    z = p.sample((20_000,))
    assert Sphere(3).check(z).all()
    assert (z.mean(0) / (p.stddev / 20_000**0.5)).abs().max() < 5
    torch.testing.assert_close(z.var(0), p.variance, rtol=0.05, atol=0)
    assert math.isclose(p.entropy().item(), math.log(2 * math.pi**2), rel_tol=1e-6)
    q = VonMisesFisher(z[:2], torch.tensor([1.0, 2.0]))
    assert torch.equal(centre(q), z[:2])
    assert str(space(q)) == "the sphere of dimension 3"
