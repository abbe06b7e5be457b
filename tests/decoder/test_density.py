"""Every likelihood of the folder is a normalised distribution, with the mean and scale it says."""

import itertools

import pytest
import torch
from scipy.integrate import quad
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import Laplace, Normal

from tests.conftest import options
from vae_exp.config import compose
from vae_exp.decoder.bernoulli import Bits, LogProbability
from vae_exp.decoder.gaussian import Gaussian
from vae_exp.decoder.laplace import Laplace as LaplaceDecoder
from vae_exp.instantiate import instantiate
from vae_exp.network.linear import Linear

SCALES = ["fixed", "shared", "per_pixel", "optimal"]
CASES = [
    (decoder, extra)
    for decoder in options("decoder")
    for extra in (
        [f"decoder.scale={scale}" for scale in SCALES]
        if "scale" in compose(f"decoder={decoder}").decoder
        else [None]
    )
]


def build(decoder, extra, shape, z_dim=2):
    overrides = [
        f"decoder={decoder}",
        f"z_dim={z_dim}",
        "network=linear",
        *([extra] if extra else []),
    ]
    return instantiate(compose(*overrides).decoder, x_shape=shape).eval()


@pytest.mark.parametrize(("decoder", "extra"), CASES)
def test_density_sums_to_one(decoder, extra):
    part = build(decoder, extra, (1,))
    p_x = part(torch.randn(2))

    def density(x):
        x = torch.tensor([float(x)])
        return p_x.log_prob(x).exp().item() if part.support.check(x).all() else 0.0

    if part.support.is_discrete:
        total = sum(map(density, range(1000)))
    else:
        loc = p_x.mean.item()
        total = quad(density, loc - 5, loc + 5, points=[loc, 0, 1], limit=200)[0]
    assert total == pytest.approx(1, abs=1e-5)


def test_bernoulli_is_torchs_to_the_last_logits():
    """Values and gradients, from logits of 0 to ones that σ cannot tell from 0 or 1."""
    logits = torch.cat([torch.linspace(-120, 120, 4801), torch.tensor([0.0, 1e4, -1e4])])
    logits = logits.unsqueeze(0).requires_grad_()  # (1, N), x (2, N)
    x = torch.tensor([[0.0], [1.0]]).expand(2, logits.shape[1])
    exact_logits = logits.detach().double().requires_grad_()
    ours, exact = Bits(logits=logits), BernoulliDistribution(logits=exact_logits)
    log_p, exact_log_p = ours.log_prob(x), exact.log_prob(x.double())
    assert torch.allclose(log_p.double(), exact_log_p, rtol=1e-6, atol=2e-7)
    (gradient,) = torch.autograd.grad(log_p.sum(), logits)
    (exact_gradient,) = torch.autograd.grad(exact_log_p.sum(), exact_logits)
    assert torch.allclose(gradient.double(), exact_gradient, atol=2e-7)
    logits = torch.randn(20, dtype=torch.double, requires_grad=True)
    x = (torch.rand(3, 20) < 0.5).double()
    assert torch.autograd.gradcheck(LogProbability.apply, (logits, x))
    assert torch.autograd.gradgradcheck(LogProbability.apply, (logits, x))


def test_bernoulli_is_a_distribution_over_all_images_of_bits():
    p_x = build("bernoulli", None, (1, 2, 2))(torch.randn(2))
    images = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4))).reshape(16, 1, 2, 2)
    assert p_x.log_prob(images).exp().sum().item() == pytest.approx(1)


@pytest.mark.parametrize(("decoder", "extra"), CASES)
@pytest.mark.parametrize("shape", [(5,), (3, 4, 4)])
def test_shapes_and_sample_mean(decoder, extra, shape):
    p_x = build(decoder, extra, shape)(torch.randn(7, 6, 2))
    assert p_x.batch_shape == (7, 6)
    assert p_x.event_shape == shape
    samples = p_x.sample((4000,))
    assert build(decoder, extra, shape).support.check(samples).all()
    error = (samples.mean(0) - p_x.mean) / (samples.std(0) / 4000**0.5)
    # the largest of up to 2016 standard errors
    assert error.abs().max() < 5


@pytest.mark.parametrize(("decoder", "extra"), CASES)
def test_gradient_of_log_prob_is_its_difference_quotient(decoder, extra):
    part = build(decoder, extra, (3,)).double()
    z = torch.randn(2, dtype=torch.float64, requires_grad=True)
    x = part(z).sample()
    assert torch.autograd.gradcheck(lambda z: part(z).log_prob(x), (z,))


def location_scale(kind, scale, **arguments):
    arguments = {"scale_value": 0.5, "min_scale": 0.01, **arguments}
    return kind((1, 2, 2), 3, Linear, scale=scale, **arguments)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("kind", "family"), [(Gaussian, Normal), (LaplaceDecoder, Laplace)])
def test_scale_starts_at_its_value(kind, family, scale):
    decoder = location_scale(kind, scale)
    for parameter in decoder.network.parameters():
        torch.nn.init.zeros_(parameter)
    p_x = decoder.eval()(torch.randn(3)).base_dist
    assert type(p_x) is family
    torch.testing.assert_close(p_x.scale, torch.full((1, 2, 2), 0.5))


@pytest.mark.parametrize(("kind", "family"), [(Gaussian, Normal), (LaplaceDecoder, Laplace)])
def test_optimal_scale_maximises_the_likelihood_of_the_batch(kind, family):
    decoder = location_scale(kind, "optimal")
    z, x = torch.randn(2, 50, 3), torch.rand(50, 1, 2, 2)
    reached = decoder(z).log_prob(x).sum().item()
    loc = decoder(z).mean.detach()
    grid = torch.linspace(0.2, 2, 400)
    best = max(family(loc, scale).log_prob(x).sum().item() for scale in grid)
    assert reached >= best
    assert reached == pytest.approx(best, rel=1e-4)


def test_optimal_scale_gives_the_gradient_of_the_profile_likelihood():
    decoder = location_scale(Gaussian, "optimal")
    z, x = torch.randn(50, 3), torch.rand(50, 1, 2, 2)
    ours = torch.autograd.grad(decoder(z).log_prob(x).sum(), decoder.network.layers.weight)[0]
    loc = decoder.network(z)
    sigma = (x - loc).square().mean().sqrt()  # with its gradient
    profile = Normal(loc, sigma).log_prob(x).sum()
    theirs = torch.autograd.grad(profile, decoder.network.layers.weight)[0]
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)


def test_optimal_scale_in_evaluation_is_the_running_estimate():
    decoder = location_scale(Gaussian, "optimal")
    z, x = torch.randn(50, 3), torch.rand(50, 1, 2, 2)
    for _ in range(3):
        decoder(z).log_prob(x)
    decoder.eval()
    residual = (x - decoder(z).mean).square().mean().sqrt()
    torch.testing.assert_close(decoder(z).base_dist.scale.flatten()[0], residual)


def test_running_estimate_is_the_mean_of_few_batches_and_fades_over_many():
    decoder = location_scale(Gaussian, "optimal")
    for parameter in decoder.network.parameters():
        torch.nn.init.zeros_(parameter)
    expected = None
    for n, value in enumerate([0.2, 0.4, 0.3, 0.9, 0.5] * 4, start=1):
        decoder(torch.zeros(1, 3)).log_prob(torch.full((1, 1, 2, 2), value))
        weight = max(1 / n, 0.1)
        expected = value**2 if n == 1 else (1 - weight) * expected + weight * value**2
        assert decoder.scale.running.item() ** 2 == pytest.approx(expected, rel=1e-4)


def test_learned_scale_stays_above_the_minimum():
    decoder = location_scale(Gaussian, "shared", min_scale=0.1)
    decoder.scale.raw.data.fill_(-1e6)
    assert decoder(torch.randn(3)).base_dist.scale.min().item() == pytest.approx(0.1)


@pytest.mark.parametrize(
    "wrong", [{"scale_value": 0.0}, {"scale_value": float("inf")}, {"min_scale": 0.7}]
)
def test_scale_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=r"decoder\.(scale_value|min_scale)"):
        location_scale(Gaussian, "shared", **wrong)
