"""Every likelihood of the folder is a normalised distribution, with the mean and scale it says."""

import itertools
from functools import cache, partial

import pytest
import torch
from hydra.utils import get_class
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import Laplace, Normal

from tests.checked import assert_ok
from tests.conftest import option_file, options
from vae_exp.checking.subject import Subject
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.decoder.gaussian import Gaussian
from vae_exp.decoder.laplace import Laplace as LaplaceDecoder
from vae_exp.decoder.logistic import Logistic, LogisticDistribution
from vae_exp.decoder.student_t import StudentT as StudentTDecoder
from vae_exp.distribution.bits import Bits, LogProbability
from vae_exp.distribution.student_t import StudentT as StudentTDistribution
from vae_exp.network.linear import Linear

LINEAR = partial(Linear, init="default")

SCALES = ["fixed", "shared", "per_pixel", "optimal"]
OTHER_KEYS = {
    "student_t": ["decoder.learn_df=true"],
    **{
        decoder: [f"decoder.dispersion={r}" for r in ("per_component", "network")]
        for decoder in ("negative_binomial", "zero_inflated_negative_binomial")
    },
}


def variants(decoder):
    """One override, or none, for each way in which the likelihood can be had."""
    config = option_file("decoder", decoder)
    has_optimum = hasattr(get_class(config["_target_"]), "moment")
    scales = (SCALES if has_optimum else SCALES[:-1]) if "scale" in config else []
    return [f"decoder.scale={scale}" for scale in scales] + OTHER_KEYS.get(decoder, []) or [None]


# a mixed one takes vectors alone, see test_mixed.py
DECODERS = [decoder for decoder in options("decoder") if decoder != "mixed"]
CASES = [(decoder, extra) for decoder in DECODERS for extra in variants(decoder)]


@cache
def configuration(decoder, extra, z_dim):
    overrides = [f"decoder={decoder}", f"z_dim={z_dim}", "network=linear"]
    return compose(*overrides, *([extra] if extra else [])).decoder


def build(decoder, extra, shape, z_dim=2):
    return instantiate(configuration(decoder, extra, z_dim), x_shape=shape).eval()


@pytest.mark.parametrize(("decoder", "extra"), CASES)
def test_the_checks_of_a_likelihood_pass(decoder, extra):
    subject = Subject(
        "decoder", lambda x_shape, z_dim: (build(decoder, extra, x_shape, z_dim), []), (3, 2, 2), 2
    )
    names = ("shapes", "batches", "support", "density", "samples", "mean")
    assert_ok(subject, *names, "gradients", "precision", "missing values", "pickle", "state_dict")


@pytest.mark.parametrize("size", [0.0, 50.0, 1e4])
@pytest.mark.parametrize(("decoder", "extra"), CASES)
def test_extreme_outputs_of_the_network_leave_value_and_gradient_finite(decoder, extra, size):
    part = build(decoder, extra, (1,))
    n = part.outputs
    signs = itertools.product([-1.0, 1.0], repeat=n) if n < 4 else torch.randn(8, n).sign()
    outputs = size * torch.tensor([list(map(float, row)) for row in signs])  # (N, n)
    outputs.requires_grad_()
    p_x = part.components(*outputs.chunk(n, dim=-1))
    candidates = torch.tensor([0.0, 1e-30, 1 / 255, 0.2, 0.5, 1 - 6e-8, 1.0, 2.0, 900.0, -3.0])
    x = candidates[part.support.check(candidates)]
    log_p_x = p_x.log_prob(x.reshape(-1, 1, 1))
    assert log_p_x.shape == (len(x), len(outputs), 1)
    assert log_p_x.isfinite().all()
    gradients = torch.autograd.grad(log_p_x.sum(), [outputs, *own_parameters(part)])
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert p_x.mean.isfinite().all()
    assert part.support.check(p_x.sample((100,))).all()


def own_parameters(part):
    """Those of the likelihood itself, not of its network."""
    return [p for name, p in part.named_parameters() if not name.startswith("network")]


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


def location_scale(kind, scale, **arguments):
    arguments = {"scale_value": 0.5, "min_scale": 0.01, **arguments}
    return kind((1, 2, 2), 3, LINEAR, scale=scale, **arguments)


FAMILIES = {
    Gaussian: Normal,
    LaplaceDecoder: Laplace,
    Logistic: LogisticDistribution,
    StudentTDecoder: StudentTDistribution,
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", FAMILIES)
def test_scale_starts_at_its_value(kind, scale):
    if scale == "optimal" and not hasattr(kind, "moment"):
        pytest.skip("no closed form; refused, see test_families.py")
    extra = {"df": 4.0, "learn_df": False} if kind is StudentTDecoder else {}
    decoder = location_scale(kind, scale, **extra)
    for parameter in decoder.network.parameters():
        torch.nn.init.zeros_(parameter)
    p_x = decoder.eval()(torch.randn(3)).base_dist
    assert type(p_x) is FAMILIES[kind]
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
