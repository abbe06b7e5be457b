"""Distributions on the sphere against quadrature, scipy and each other."""

import math

import numpy
import pytest
import scipy.integrate
import scipy.stats
import torch
from torch.distributions import Beta, VonMises, kl_divergence

from vae_exp.distribution.angle import angle_slope
from vae_exp.distribution.detach import detach
from vae_exp.distribution.power_spherical import PowerSpherical
from vae_exp.distribution.uniform_sphere import UniformSphere
from vae_exp.distribution.von_mises_fisher import VonMisesFisher

FAMILIES = [VonMisesFisher, PowerSpherical]
CASES = [(family, d) for family in FAMILIES for d in (1, 2, 5, 40)]


def build(family, d, kappa, dtype=torch.float64):
    loc = torch.nn.functional.normalize(torch.randn(d + 1, dtype=torch.float64), dim=-1)
    return family(loc.to(dtype), torch.tensor(float(kappa), dtype=dtype))


def angles(q, points=200_001):
    """Angles, a log-density of theirs, and the distance between two."""
    theta = (torch.arange(points, dtype=torch.float64) + 0.5) * math.pi / points
    log_p = (q.dim - 1) * theta.sin().log() + q.concentration * q.statistic(theta)
    return theta, log_p, theta[1] - theta[0]


@pytest.mark.parametrize(("family", "d"), CASES)
@pytest.mark.parametrize("kappa", [1e-3, 1.0, 30.0, 2e3])
def test_density_kl_and_moments_are_those_of_quadrature(family, d, kappa):
    q = build(family, d, kappa)
    theta, log_p, step = angles(q)
    mass = log_p.exp() * step
    # area of the sphere across, times that of each parallel
    log_across = math.log(2) + d / 2 * math.log(math.pi) - math.lgamma(d / 2)
    total = mass.sum()
    z = q.loc
    constant = q.log_prob(z).item()  # T = 0 there
    assert constant + log_across + total.log().item() == pytest.approx(0, abs=2e-5)
    p = mass / mass.sum()
    cosine = (p * theta.cos()).sum()
    torch.testing.assert_close(q.mean, cosine * q.loc, rtol=1e-4, atol=1e-5)
    assert q.variance.sum().item() == pytest.approx(1 - cosine.item() ** 2, rel=1e-4, abs=1e-6)
    log_density = (p * (constant + q.concentration * q.statistic(theta))).sum().item()
    assert -q.entropy().item() == pytest.approx(log_density, abs=2e-4)
    prior = UniformSphere(torch.zeros_like(q.loc))
    kl = kl_divergence(q, prior)
    assert kl.item() == pytest.approx(log_density - prior.log_prob(z).item(), abs=2e-4)


def test_on_the_sphere_of_two_dimensions_it_is_scipys():
    q = build(VonMisesFisher, 2, 7.0)
    z = q.sample((50,))
    expected = scipy.stats.vonmises_fisher(q.loc.numpy(), 7.0).logpdf(z.numpy())
    torch.testing.assert_close(q.log_prob(z), torch.as_tensor(expected))


def test_on_the_circle_it_is_torchs():
    q = build(VonMisesFisher, 1, 3.0)
    z = q.sample((50,))
    angle, middle = torch.atan2(z[:, 1], z[:, 0]), torch.atan2(q.loc[1], q.loc[0])
    torch.testing.assert_close(q.log_prob(z), VonMises(middle, q.concentration).log_prob(angle))


@pytest.mark.parametrize(("family", "d"), CASES)
@pytest.mark.parametrize("kappa", [0.01, 4.0, 1e3])
def test_angles_have_their_distribution(family, d, kappa):
    q = build(family, d, kappa)
    z = q.sample((4000,))
    assert (z.norm(dim=-1) - 1).abs().max() < 1e-12
    chord = (z - q.loc).norm(dim=-1)
    drawn = 2 * (chord / 2).clamp(max=1).asin()
    theta, log_p, _ = angles(q, 20_001)
    cdf = log_p.softmax(0).cumsum(0)

    def known(x):
        return numpy.interp(x, theta.numpy(), cdf.numpy())

    assert scipy.stats.kstest(drawn.numpy(), known).pvalue > 1e-4
    error = (z.mean(0) - q.mean) / (z.std(0) / 4000**0.5)
    assert error.abs().max() < 5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", [1, 2, 10, 300])
def test_gradient_of_an_angle_is_that_of_its_quantile(family, d):
    """−(∂F/∂κ) / p by adaptive quadrature, at draws, for κ that are small and large."""
    for kappa in (1e-3, 1.0, 100.0, 1e5):
        q = build(family, d, kappa)
        theta = q._draw_angle(q._kappa.expand(4))
        cosine, curvature = q._peak(q._kappa)
        mode, width = cosine.clamp(-1, 1).acos(), curvature.rsqrt()
        of = (q._expected, mode, width, d, q.statistic)
        slope = angle_slope(theta, q._kappa, *of)
        for t, found in zip(theta, slope.tolist()):
            side = 0.0 if t < mode + width else math.pi
            end = max(side, t - 14 * width) if side == 0 else min(side, t + 14 * width)

            def integrand(phi, t=t, q=q, expected=q._expected):
                phi = torch.tensor(phi, dtype=torch.float64)
                log_ratio = (d - 1) * (phi.sin() / t.sin()).log()
                log_ratio = log_ratio + q._kappa * (q.statistic(phi) - q.statistic(t))
                return ((q.statistic(phi) - expected) * log_ratio.exp()).item()

            known = -scipy.integrate.quad(integrand, float(end), t.item(), epsrel=1e-9)[0]
            assert found == pytest.approx(known, rel=1e-5)


def test_the_power_sphericals_angle_has_the_gradient_of_a_beta():
    """(1 + cos θ)/2 ~ Beta(κ + d/2, d/2): the expectation of a function has a known slope."""
    q = build(PowerSpherical, 4, 3.0)
    q.concentration.requires_grad_()
    q = PowerSpherical(q.loc, q.concentration)
    z = q.rsample((100_000,))
    (found,) = torch.autograd.grad((z @ q.loc).mean(), q.concentration)
    kappa = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    (known,) = torch.autograd.grad(2 * Beta(kappa + 2, torch.tensor(2.0)).mean - 1, kappa)
    assert found.item() == pytest.approx(known.item(), rel=0.01)


@pytest.mark.parametrize(("family", "d"), CASES)
def test_gradient_of_samples_is_that_of_the_expectation(family, d):
    """Of E[f(z)] in κ and μ, f(z) = aᵀz + (bᵀz)², whose expectation is known by the moments."""
    raw = torch.randn(d + 1, dtype=torch.float64, requires_grad=True)
    log_kappa = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    a, b = torch.randn(2, d + 1, dtype=torch.float64)
    q = family(torch.nn.functional.normalize(raw, dim=-1), log_kappa.exp())
    cosine, square = q._cosine_moments()
    across = (1 - square) / d
    known = cosine * (a @ q.loc) + across * (b @ b) + (square - across) * (b @ q.loc) ** 2
    expected = torch.autograd.grad(known, (raw, log_kappa), retain_graph=True)
    rows = []
    for _ in range(30):
        z = q.rsample((300,))
        f = (z @ a + (z @ b).square()).mean()
        gradient = torch.autograd.grad(f, (raw, log_kappa), retain_graph=True)
        rows.append(torch.cat([g.flatten() for g in gradient]))
    rows = torch.stack(rows)
    error = rows.mean(0) - torch.cat([g.flatten() for g in expected])
    assert (error / (rows.std(0) / 30**0.5 + 1e-12)).abs().max() < 5.5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", [1, 2, 300])
def test_single_precision_holds_from_uniform_to_a_point(family, d):
    loc = torch.nn.functional.normalize(torch.randn(d + 1), dim=-1)
    for kappa in (1e-3, 1.0, 100.0, 1e5):
        single = torch.tensor(kappa, requires_grad=True)
        q = family(loc, single)
        z = q.rsample((20,))
        loss = q.log_prob(z).sum() + q.kl_to_uniform() + z[:, 0].sum()
        (gradient,) = torch.autograd.grad(loss, single, retain_graph=True)
        assert z.isfinite().all() and gradient.isfinite()
        exact = torch.tensor(kappa, dtype=torch.float64, requires_grad=True)
        other = family(loc.double() / loc.double().norm(), exact)
        torch.testing.assert_close(q.kl_to_uniform(), other.kl_to_uniform().float())
        close = {"rtol": 1e-5, "atol": 2e-6 * (1 + (d * kappa) ** 0.5)}
        unit = z.double() / z.double().norm(dim=-1, keepdim=True)
        torch.testing.assert_close(q.log_prob(z).double(), other.log_prob(unit), **close)
        (found,) = torch.autograd.grad(q.kl_to_uniform(), single)
        (known,) = torch.autograd.grad(other.kl_to_uniform(), exact)
        torch.testing.assert_close(found.double(), known, rtol=1e-4, atol=1e-15)


@pytest.mark.parametrize("family", FAMILIES)
def test_detached_has_gradient_in_z_alone(family):
    loc = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    kappa = torch.rand(3, dtype=torch.float64, requires_grad=True)
    q = family(torch.nn.functional.normalize(loc, dim=-1), 5 * kappa)
    z = q.rsample((2,))
    constant = detach(q)
    torch.testing.assert_close(constant.log_prob(z), q.log_prob(z))
    assert not constant.log_prob(z.detach()).requires_grad
    constant.log_prob(z).sum().backward()
    assert kappa.grad.abs().max() > 0
