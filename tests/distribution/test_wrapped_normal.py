"""Gaussians wrapped onto the Poincaré ball, against quadrature and change of variables."""

import math
import pickle

import numpy
import pytest
import scipy.integrate
import scipy.stats
import torch
from torch.distributions import Independent, Normal

from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.distribution.detach import detach
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.distribution.wrapped_normal import WrappedNormal
from vae_exp.experiment import build


def wrapped(c, loc, scale):
    ball = PoincareBall(c)
    loc, scale = (torch.tensor(value, dtype=torch.float64) for value in (loc, scale))
    return WrappedNormal(ball, ball.exp(torch.zeros_like(loc), loc), scale)


@pytest.mark.parametrize("c", [0.4, 1.0])
def test_density_integrates_to_one_over_the_disc(c):
    """With Lebesgue's measure, in polar coordinates; with it times λ² it is the Riemannian's."""
    p = wrapped(c, [0.8, -0.3], [0.4, 0.9])
    s, weights = numpy.polynomial.legendre.leggauss(400)
    length = torch.as_tensor(6 * (s + 1))  # distance from 0, to 12
    angle = torch.arange(200, dtype=torch.float64) * 2 * math.pi / 200
    r = (c**0.5 * length / 2).tanh() * p.ball.radius
    dr = (1 - (c**0.5 * length / 2).tanh() ** 2) / 2 * 6 * torch.as_tensor(weights)
    z = r.view(-1, 1, 1) * torch.stack([angle.cos(), angle.sin()], -1)
    mass = p.log_prob(z).exp() * (r * dr).unsqueeze(-1) * 2 * math.pi / 200
    assert mass.sum().item() == pytest.approx(1, abs=1e-4)


def test_density_integrates_to_one_in_one_dimension():
    p = wrapped(1.0, [0.7], [0.6])
    z = torch.linspace(-1, 1, 20_001, dtype=torch.float64)[1:-1].unsqueeze(-1)
    assert (p.log_prob(z).exp().sum() * 1e-4).item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("z_dim", [1, 2, 5])
def test_density_is_the_change_of_variables(z_dim):
    """By the Jacobian of the sampling map, from autograd."""
    p = wrapped(0.8, (0.5 * torch.randn(z_dim)).tolist(), torch.rand(z_dim).add(0.2).tolist())
    v = p.scale * torch.randn(z_dim, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda v: p.ball.exp(p.loc, v), v)
    expected = Normal(0, p.scale).log_prob(v).sum() - torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(p.log_prob(p.ball.exp(p.loc, v)), expected)


def test_radii_of_samples_have_the_law_of_quadrature():
    """d(0, z) of p(z) about 0 is the χ law of ‖v‖; integrated here from the density."""
    scale, z_dim = 1.3, 3
    p = WrappedNormal(PoincareBall(1.0), torch.zeros(z_dim), torch.full((z_dim,), scale))
    z = p.sample((5000,))
    radius = p.ball.distance(torch.zeros(z_dim), z).double().numpy()
    grid = torch.linspace(1e-3, 9, 4000, dtype=torch.float64)
    at = (grid / 2).tanh().unsqueeze(-1) * torch.tensor([1.0, 0.0, 0.0]).double()
    area = 4 * math.pi * grid.sinh() ** 2  # of the sphere of that radius, in the ball
    riemannian = p.log_prob(at) - z_dim * p.ball.log_conformal(at)
    cumulative = scipy.integrate.cumulative_trapezoid(area * riemannian.exp(), grid, initial=0)
    assert cumulative[-1] == pytest.approx(1, abs=1e-4)
    assert scipy.stats.kstest(radius, lambda r: numpy.interp(r, grid, cumulative)).pvalue > 1e-3


def test_becomes_the_gaussian_as_the_curvature_vanishes():
    loc, scale = torch.randn(4).double(), torch.rand(4).double() + 0.2
    p = WrappedNormal(PoincareBall(1e-8), loc, scale)
    gaussian = Independent(Normal(loc, scale / 2), 1)
    z = gaussian.sample((50,))
    torch.testing.assert_close(p.log_prob(z), gaussian.log_prob(z), rtol=1e-5, atol=1e-5)


def test_mean_is_where_the_average_squared_distance_is_least():
    p = wrapped(1.0, [0.9, 0.4], [0.7, 1.1])
    z = p.sample((20_000,))
    v = p.ball.log(p.mean, z)
    assert (v.mean(0) / (v.std(0) / 20_000**0.5)).abs().max() < 5
    error = v.square().mean(0) - p.variance
    assert (error / (v.square().std(0) / 20_000**0.5)).abs().max() < 5


def test_gradient_of_samples_is_that_of_the_expectation():
    """Through rsample, against the score function, f(z) = Σ sin z_d."""
    ball = PoincareBall(1.0)
    m = torch.tensor([0.6, -0.4], dtype=torch.float64, requires_grad=True)
    s = torch.tensor([-0.5, 0.2], dtype=torch.float64, requires_grad=True)

    def rows(surrogate):
        found = []
        for _ in range(40):
            p = WrappedNormal(ball, ball.within(m, 10.0), s.exp())
            found.append(torch.cat(torch.autograd.grad(surrogate(p), (m, s))))
        return torch.stack(found)

    def score(p):
        z = p.sample((500,))
        f = z.sin().sum(-1)
        return (p.log_prob(z) * (f - f.mean())).mean() * 500 / 499

    a, b = rows(lambda p: p.rsample((500,)).sin().sum(-1).mean()), rows(score)
    error = (a.mean(0) - b.mean(0)) / ((a.var(0) + b.var(0)) / 40).sqrt()
    assert error.abs().max() < 5


@pytest.mark.parametrize("z_dim", [1, 2, 10, 50])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 5.0])
def test_float32_is_finite_up_to_the_border(z_dim, scale):
    ball = PoincareBall(1.0)
    loc = (3 * torch.randn(100, z_dim)).requires_grad_()
    s = torch.full_like(loc, scale).requires_grad_()
    q = WrappedNormal(ball, ball.within(loc, 10.0), s)
    p = WrappedNormal(ball, torch.zeros(z_dim), torch.ones(z_dim))
    z = q.rsample((4,))
    kl = q.log_prob(z) - p.log_prob(z)
    assert ball.check(z).all() and kl.isfinite().all()
    for gradient in torch.autograd.grad(kl.mean(), (loc, s)):
        assert gradient.isfinite().all() and gradient.abs().max() < 1e3 * max(1, 1e-3 / scale)


def part(*words):
    chosen = ["encoder=wrapped_normal", "z_dim=3", "network.hidden=[16]", *words]
    return instantiate(compose(*chosen).encoder, x_shape=(1, 8, 8))


def test_the_encoder_has_shapes_a_constant_copy_and_a_pickle():
    encoder, x = part(), torch.rand(4, 5, 1, 8, 8)
    q = encoder(x)
    z = q.rsample((2,))
    assert z.shape == (2, 4, 5, 3) and q.log_prob(z).shape == (2, 4, 5)
    assert q.mean.shape == q.stddev.shape == (4, 5, 3)
    assert not detach(q).log_prob(z.detach()).requires_grad
    torch.testing.assert_close(detach(q).log_prob(z), q.log_prob(z))
    copy = pickle.loads(pickle.dumps(encoder))
    assert torch.equal(copy(x).log_prob(z), q.log_prob(z))
    far = encoder(1e6 * x)
    assert far.log_prob(far.rsample()).isfinite().all()
    one = part("encoder.isotropic=true")(x).scale
    assert torch.equal(one, one[..., :1].expand_as(one))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["encoder.curvature=0"], r"encoder\.curvature: expected a positive number"),
        (["encoder.curvature=-1"], r"encoder\.curvature"),
        (["prior.curvature=2"], r"prior: expected one of z on the space"),
        (["prior.scale=0"], r"prior\.scale: expected a positive number"),
        (["prior=standard_normal"], r"prior: expected one of z on the space"),
        (["kl=analytic"], r"kl: expected a pair with a closed form"),
        (["network=geodesic"], r"network: expected one of data for the encoder"),
        (
            ["encoder=gaussian", "prior=standard_normal", "network@decoder_network=geodesic"],
            r"network: expected one of z on Real.* for the decoder",
        ),
    ],
)
def test_what_does_not_fit_is_refused(words, message):
    own = ["encoder=wrapped_normal", "prior=wrapped_normal", "kl=monte_carlo"]
    with pytest.raises(ValueError, match=message):
        build(compose(*own, *words))
