"""Each family of likelihoods against SciPy's, in double precision and in float32."""

from functools import partial

import mpmath
import numpy
import pytest
import torch
from scipy import stats
from torch.distributions import ContinuousBernoulli as TorchContinuousBernoulli

from vae_exp.decoder.beta import Beta
from vae_exp.decoder.beta_binomial import BetaBinomial
from vae_exp.decoder.categorical import Categorical
from vae_exp.decoder.continuous_bernoulli import SMALL, TiltedUniform
from vae_exp.decoder.discretized_logistic import DiscretizedLogistic
from vae_exp.decoder.discretized_logistic_mixture import DiscretizedLogisticMixture
from vae_exp.decoder.levels import Levels
from vae_exp.decoder.logistic import Logistic, LogisticDistribution
from vae_exp.decoder.negative_binomial import NegativeBinomial
from vae_exp.decoder.poisson import Poisson
from vae_exp.decoder.student_t import StudentT
from vae_exp.network.linear import Linear

LINEAR = partial(Linear, init="default")

LOCATION_SCALE = {"scale_value": 0.5, "min_scale": 0.01}
# from l = 0 through both branches, where they meet and just beside, to the largest, of either sign
MEETING = [SMALL * (1 + k * 2.0**-23) for k in (-4, -1, 0, 1, 4)]
LOGITS = torch.cat([torch.tensor([0.0, *MEETING]), torch.logspace(-12, 4, 400)]).double()
LOGITS = torch.cat([-LOGITS.flip(0), LOGITS])


def part(kind, shape=(4,), **arguments):
    return kind(shape, 3, LINEAR, **arguments).double().eval()


def draw(decoder):
    """Components for some z, data in the support, and what SciPy would make of them."""
    p_x = decoder(2 * torch.randn(50, 3, dtype=torch.double)).base_dist
    return p_x, p_x.sample()


def assert_same(ours, scipys, **tolerance):
    tolerance = {"rtol": 1e-9, "atol": 1e-9, **tolerance}
    numpy.testing.assert_allclose(ours.detach().numpy(), scipys, **tolerance)


@pytest.mark.parametrize("scale", ["fixed", "shared", "per_pixel"])
@pytest.mark.parametrize("learn_df", [False, True])
def test_student_t_is_scipys(scale, learn_df):
    decoder = part(StudentT, scale=scale, df=3.0, learn_df=learn_df, **LOCATION_SCALE)
    p_x, x = draw(decoder)
    assert_same(p_x.df, 3.0, rtol=1e-6)  # learned ones are float32 where they start
    p, loc, scale = (t.detach().numpy() for t in (p_x.df, p_x.loc, p_x.scale))
    assert_same(p_x.log_prob(x), stats.t(p, loc, scale).logpdf(x))
    assert_same(p_x.mean, stats.t(p, loc, scale).mean())


def test_degrees_of_freedom_are_learned_if_asked_and_stay_in_their_range():
    arguments = {"scale": "fixed", "df": 4.0, **LOCATION_SCALE}
    fixed, learned = (part(StudentT, learn_df=learn, **arguments) for learn in (False, True))
    extra = {name for name, _ in learned.named_parameters()}
    assert extra - {name for name, _ in fixed.named_parameters()} == {"df_logit"}
    for logit, df in [(-1e4, 1.0), (1e4, 100.0)]:
        learned.df_logit.data.fill_(logit)
        assert learned(torch.zeros(3).double()).base_dist.df.unique().item() == df


def test_degrees_of_freedom_are_found_by_maximum_likelihood():
    decoder = part(StudentT, (1,), scale="shared", df=20.0, learn_df=True, **LOCATION_SCALE)
    x = torch.from_numpy(stats.t(3, 0.5, 0.2).rvs((5_000, 1), random_state=0))
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.05)
    for _ in range(250):
        optimizer.zero_grad()
        loss = -decoder(torch.zeros(3).double()).log_prob(x).mean()
        loss.backward()
        optimizer.step()
    df, loc, scale = stats.t.fit(x.numpy())
    p_x = decoder(torch.zeros(3).double()).base_dist
    found = [p_x.df.item(), p_x.loc.item(), p_x.scale.item()]
    assert found == pytest.approx([df, loc, scale], rel=1e-2)


@pytest.mark.parametrize("scale", ["fixed", "shared", "per_pixel"])
def test_logistic_is_scipys(scale):
    p_x, x = draw(part(Logistic, scale=scale, **LOCATION_SCALE))
    scipys = stats.logistic(p_x.loc.detach().numpy(), p_x.scale.detach().numpy())
    assert_same(p_x.log_prob(x), scipys.logpdf(x))
    assert_same(p_x.mean, scipys.mean())
    assert_same(p_x.variance, scipys.var())


def test_logistic_draws_have_its_distribution_to_the_tails():
    p_x = LogisticDistribution(torch.tensor(2.0), torch.tensor(0.5))
    x = p_x.sample((100_000,))
    assert stats.kstest(x.numpy(), stats.logistic(2, 0.5).cdf).pvalue > 1e-3
    assert x.isfinite().all()


def test_beta_is_scipys():
    p_x, x = draw(part(Beta))
    a, b = (c.detach().numpy() for c in (p_x.concentration1, p_x.concentration0))
    assert_same(p_x.log_prob(x), stats.beta(a, b).logpdf(x))
    assert_same(p_x.mean, stats.beta(a, b).mean())


def test_beta_has_the_digits_of_float32_where_its_concentrations_are_bounded():
    log_a, log_b = torch.meshgrid(*2 * [torch.linspace(-1e4, 1e4, 21)], indexing="ij")
    log_a, log_b = ((30 * c / 1e4).reshape(-1, 1) for c in (log_a, log_b))
    x = torch.linspace(0.001, 0.999, 99)
    p_x = part(Beta).components(log_a, log_b)
    a, b = (c.double().numpy() for c in (p_x.concentration1, p_x.concentration0))
    exact = torch.from_numpy(stats.beta(a, b).logpdf(x.double().numpy()))
    assert torch.allclose(p_x.log_prob(x).double(), exact, rtol=1e-6, atol=1e-6)


def test_poisson_is_scipys():
    p_x, x = draw(part(Poisson, offset="none"))
    scipys = stats.poisson(p_x.rate.detach().numpy())
    assert_same(p_x.log_prob(x), scipys.logpmf(x))
    assert_same(p_x.mean, scipys.mean())


@pytest.mark.parametrize("dispersion", ["per_component", "network"])
def test_negative_binomial_is_scipys(dispersion):
    decoder = part(NegativeBinomial, dispersion=dispersion, offset="none")
    if dispersion == "per_component":
        torch.nn.init.normal_(decoder.raw)
    p_x, x = draw(decoder)
    scipys = stats.nbinom(p_x.total_count.detach().numpy(), 1 - p_x.probs.detach().numpy())
    assert_same(p_x.log_prob(x), scipys.logpmf(x))
    assert_same(p_x.mean, scipys.mean())
    assert_same(p_x.variance, scipys.var())


def test_negative_binomial_has_the_mean_of_the_network_whatever_its_dispersion():
    decoder = part(NegativeBinomial, dispersion="per_component", offset="none")
    z = torch.randn(5, 3).double()
    before = decoder(z).mean
    torch.nn.init.normal_(decoder.raw)
    torch.testing.assert_close(decoder(z).mean, before)
    m, r = before, decoder(z).base_dist.total_count
    torch.testing.assert_close(decoder(z).base_dist.variance, m + m.square() / r)


def test_rates_of_counts_are_the_exponential_of_small_outputs():
    raw = torch.linspace(-1, 1, 21).double()
    rate = part(Poisson, offset="none").components(raw).rate
    torch.testing.assert_close(rate, raw.exp(), rtol=2e-3, atol=0)


@pytest.mark.parametrize("dtype", [torch.float, torch.double])
def test_continuous_bernoulli_is_scipys_truncated_exponential(dtype):
    """Density and mean for logits from 1e-12 to 1e4, of either sign."""
    logits = LOGITS.to(dtype).unsqueeze(1)  # (N, 1)
    x = torch.tensor([0.0, 0.125, 0.25, 0.5, 0.875, 0.9375, 1.0], dtype=dtype)  # 1 − x is exact
    logit, grid = logits.double().numpy(), x.double().numpy()
    p_x = TiltedUniform(logits)

    size = numpy.maximum(abs(logit), 1e-3)
    exponential = stats.truncexpon(size)  # of |l| x, decreasing, as where l < 0
    log_p = exponential.logpdf(size * numpy.where(logit > 0, 1 - grid, grid)) + numpy.log(size)
    mean = numpy.where(logit > 0, 1 - exponential.mean() / size, exponential.mean() / size)
    # SciPy loses digits to 0: there the expansion, with an error below 1e-11
    near = abs(logit) < 1e-2
    log_p = numpy.where(near, logit * (grid - 0.5) - logit**2 / 24, log_p)
    mean = numpy.where(near, 0.5 + logit / 12 - logit**3 / 720, mean)

    rtol, atol = (2e-7, 4e-7) if dtype is torch.float else (1e-12, 1e-11)
    assert_same(p_x.log_prob(x), log_p, rtol=rtol, atol=atol)
    # SciPy's mean cancels to about 1e-13 / l²
    assert_same(p_x.mean, mean, rtol=0, atol=max(atol, 1e-9))


@pytest.mark.parametrize("dtype", [torch.float, torch.double])
def test_gradient_of_the_continuous_bernoulli_is_x_minus_mean(dtype):
    """True of an exponential family; through λ = ½ and out to logits of 1e4."""
    logits = LOGITS.to(dtype).unsqueeze(1).requires_grad_()
    for x in torch.tensor([0.0, 0.3, 0.5, 1.0], dtype=dtype):
        (gradient,) = torch.autograd.grad(TiltedUniform(logits).log_prob(x).sum(), logits)
        tolerance = 1e-6 if dtype is torch.float else 1e-9
        torch.testing.assert_close(
            gradient, x - TiltedUniform(logits).mean.detach(), rtol=0, atol=tolerance
        )


@pytest.mark.parametrize("dtype", [torch.float, torch.double])
def test_continuous_bernoulli_has_value_and_gradient_of_the_integral_of_its_tilt(dtype):
    """log p = l x − log ∫ exp(l x) dx with 40 digits, and its derivative in l."""
    logits = torch.tensor([1e-8, 1e-3, 0.3, *MEETING, 0.7, 2.0, 40.0, 700.0], dtype=dtype)
    logits = torch.cat([-logits, logits]).requires_grad_()
    for x in (0.0, 0.25, 0.5, 1.0):
        log_p = TiltedUniform(logits).log_prob(torch.tensor(x, dtype=dtype))
        (gradient,) = torch.autograd.grad(log_p.sum(), logits)
        with mpmath.workdps(40):
            each = [mpmath.mpf(logit) for logit in logits.tolist()]
            exact = [t * x - mpmath.log(mpmath.expm1(t) / t) for t in each]
            slope = [x - mpmath.exp(t) / mpmath.expm1(t) + 1 / t for t in each]
        tolerance = 3e-7 if dtype is torch.float else 1e-11
        assert_same(log_p, [float(v) for v in exact], rtol=tolerance, atol=tolerance)
        assert_same(gradient, [float(v) for v in slope], rtol=0, atol=tolerance)


def test_continuous_bernoulli_is_torchs_where_torch_has_all_digits():
    logits = torch.cat([torch.linspace(-10, -0.1, 100), torch.linspace(0.1, 10, 100)]).double()
    x = torch.rand(30, 1).double()
    ours, torchs = TiltedUniform(logits), TorchContinuousBernoulli(logits=logits)
    torch.testing.assert_close(ours.log_prob(x), torchs.log_prob(x))
    torch.testing.assert_close(ours.mean, torchs.mean)


@pytest.mark.parametrize("logit", [-1e4, -30.0, -1.0, -1e-6, 0.0, 1e-3, 3.0, 200.0])
def test_continuous_bernoulli_draws_have_its_distribution(logit):
    x = TiltedUniform(torch.tensor(logit)).sample((20_000,)).double().numpy()
    size = max(abs(logit), 1e-9)
    cdf = stats.truncexpon(size, 0, 1 / size).cdf if abs(logit) > 1e-3 else stats.uniform.cdf
    assert stats.kstest(1 - x if logit > 0 else x, cdf).pvalue > 1e-3


def test_gradient_of_continuous_bernoulli_draws_is_that_of_the_mean():
    logits = torch.tensor([-5.0, -0.3, 0.0, 0.2, 4.0], dtype=torch.double, requires_grad=True)
    x = TiltedUniform(logits).rsample((100_000,))
    (drawn,) = torch.autograd.grad(x.mean(0).sum(), logits)
    (exact,) = torch.autograd.grad(TiltedUniform(logits).mean.sum(), logits)
    # at l = 0 the draws are u: no gradient there
    torch.testing.assert_close(drawn[[0, 1, 3, 4]], exact[[0, 1, 3, 4]], rtol=0.02, atol=0)


@pytest.mark.parametrize("scale", ["fixed", "shared", "per_pixel"])
@pytest.mark.parametrize("levels", [1, 16, 255])
def test_discretized_logistic_has_the_mass_of_scipys_bins(scale, levels):
    p_x, _ = draw(part(DiscretizedLogistic, scale=scale, levels=levels, **LOCATION_SCALE))
    mass = bins(p_x.loc, p_x.scale, levels)  # (L + 1, 50, 4)
    x = torch.arange(levels + 1).double().reshape(-1, 1, 1) / levels
    assert_same(p_x.log_prob(x).exp(), mass)
    assert_same(p_x.log_prob(x).exp().sum(0), 1)
    assert_same(p_x.mean, (x.numpy() * mass).sum(0))


def bins(loc, scale, levels):
    """P(y in bin k), k = 0, ..., L, from SciPy's cdf, the first and last bin open."""
    logistic = stats.logistic(loc.detach().numpy(), scale.detach().numpy())
    edges = (numpy.arange(1, levels + 1) - 0.5) / levels
    cdf = logistic.cdf(edges.reshape(-1, *[1] * loc.ndim))
    return numpy.diff(cdf, axis=0, prepend=0, append=1)


def test_discretized_logistic_is_right_far_out_in_float32():
    """Where the difference of the two cdfs is 0 in any precision: log σ(a) − log σ(b) ≈ tails."""
    decoder = DiscretizedLogistic((1,), 3, LINEAR, scale="fixed", levels=255, **LOCATION_SCALE)
    loc = torch.tensor([[1e3], [-1e3]], requires_grad=True)
    log_p_x = decoder.components(loc).log_prob(torch.tensor([[100 / 255]]))
    r = (100 / 255 - loc.detach().double()).abs() / 0.5
    exact = -r + numpy.log(2 * numpy.sinh(0.5 / 255 / 0.5))
    torch.testing.assert_close(log_p_x.double(), exact, rtol=1e-6, atol=0)
    (gradient,) = torch.autograd.grad(log_p_x.sum(), loc)
    torch.testing.assert_close(gradient, torch.tensor([[-2.0], [2.0]]))


def test_discretized_logistic_draws_its_levels_as_often_as_their_mass():
    decoder = part(DiscretizedLogistic, (1,), scale="fixed", levels=16, **LOCATION_SCALE)
    p_x = decoder.components(torch.tensor([0.3]).double())
    counts = (p_x.sample((50_000,)) * 16).round().long().flatten().bincount(minlength=17)
    assert stats.chisquare(counts, 50_000 * bins(p_x.loc, p_x.scale, 16)[:, 0]).pvalue > 1e-3


def test_mixture_of_discretized_logistics_has_the_mass_of_scipys_bins():
    decoder = part(
        DiscretizedLogisticMixture, components=3, levels=16, scale_value=0.1, min_scale=0.001
    )
    p_x, _ = draw(decoder)
    weights, each = p_x.mixture_distribution.probs, p_x.component_distribution
    mass = (weights.detach().numpy() * bins(each.loc, each.scale, 16)).sum(-1)  # (17, 50, 4)
    x = torch.arange(17).double().reshape(-1, 1, 1) / 16
    assert_same(p_x.log_prob(x).exp(), mass)
    assert_same(p_x.mean, (x.numpy() * mass).sum(0))


def test_components_of_a_mixture_start_apart():
    decoder = part(
        DiscretizedLogisticMixture, components=4, levels=16, scale_value=0.1, min_scale=0.001
    )
    for parameter in decoder.network.parameters():
        torch.nn.init.zeros_(parameter)
    p_x = decoder(torch.zeros(3).double()).base_dist.component_distribution
    assert p_x.loc[0].tolist() == [0.125, 0.375, 0.625, 0.875]
    assert_same(p_x.scale, 0.1)


@pytest.mark.parametrize(("shape", "axis"), [((2, 3, 3), 0), ((3, 2), 1), ((4,), 0)])
def test_categorical_is_the_softmax_of_each_component(shape, axis):
    """SciPy's own, from the network's outputs: those of a level side by side, channels within."""
    decoder = part(Categorical, shape, levels=16)
    z = torch.randn(3).double()
    outputs = decoder.network(z).unflatten(axis, (17, -1)).movedim(axis, -1)  # (X, 17)
    p_x, x = decoder(z).base_dist, decoder(z).sample()
    level = (x * 16).round().long()
    for index in numpy.ndindex(shape):
        probabilities = outputs[index].softmax(0).detach().numpy()
        scipys = stats.rv_discrete(values=(numpy.arange(17), probabilities))
        assert_same(p_x.log_prob(x)[index], scipys.logpmf(level[index].item()))
        assert_same(p_x.mean[index], scipys.mean() / 16)


@pytest.mark.parametrize("levels", [1, 16, 255])
def test_beta_binomial_is_scipys(levels):
    decoder = part(BetaBinomial, levels=levels)
    p_x, x = draw(decoder)
    assert decoder.support.check(x).all()
    scipys = stats.betabinom(levels, p_x.a.detach().numpy(), p_x.b.detach().numpy())
    assert_same(p_x.log_prob(x), scipys.logpmf((x * levels).round()))
    assert_same(p_x.mean, scipys.mean() / levels)
    k = torch.arange(levels + 1).double().reshape(-1, 1, 1)
    assert_same(p_x.log_probabilities().movedim(-1, 0), scipys.logpmf(k))


def test_beta_binomial_has_the_digits_of_float32_at_its_bounds():
    a, b = torch.tensor([-1e3, 1e3, 1e3, 0.3]), torch.tensor([1e3, -1e3, 1e3, -0.2])
    p_x = part(BetaBinomial, levels=255).components(a, b)
    x = torch.tensor([255.0, 0.0, 128.0, 3.0]) / 255
    a, b = p_x.a.double(), p_x.b.double()
    exact = torch.from_numpy(stats.betabinom(255, a, b).logpmf((x * 255).round()))
    torch.testing.assert_close(p_x.log_prob(x).double(), exact, rtol=1e-6, atol=0)


def test_beta_binomial_draws_its_levels_as_often_as_their_mass():
    p_x = part(BetaBinomial, (1,), levels=16).components(*torch.tensor([[-0.5], [0.2]]))
    counts = (p_x.sample((50_000,)) * 16).round().long().flatten().bincount(minlength=17)
    mass = stats.betabinom(16, p_x.a.item(), p_x.b.item()).pmf(numpy.arange(17))
    assert stats.chisquare(counts, 50_000 * mass / mass.sum()).pvalue > 1e-3


@pytest.mark.parametrize("levels", [1, 16, 255])
def test_levels_are_a_support(levels):
    support = Levels(levels)
    levels_in_float32 = torch.arange(levels + 1).float() / levels
    assert support.is_discrete
    assert support.check(levels_in_float32).all()
    outside = torch.tensor([-1 / levels, 1 + 1 / levels, 0.5 / levels, float("nan"), float("inf")])
    assert not support.check(outside).any()
    assert f"k/{levels}" in str(support)


def test_beta_refuses_zero_and_one_and_names_the_key():
    x = torch.tensor([0.0, 1.0, 1e-30, 0.5, 1 - 6e-8, -1.0, 2.0, float("nan")])
    assert Beta.support.check(x).tolist() == [False, False, True, True, True, False, False, False]
    assert "data.dequantize" in str(Beta.support)


@pytest.mark.parametrize(
    ("kind", "arguments", "key"),
    [
        (StudentT, {"scale": "optimal", "df": 4.0, "learn_df": False, **LOCATION_SCALE}, "scale"),
        (StudentT, {"scale": "fixed", "df": 1.0, "learn_df": False, **LOCATION_SCALE}, "df"),
        (StudentT, {"scale": "fixed", "df": 100.0, "learn_df": True, **LOCATION_SCALE}, "df"),
        (Logistic, {"scale": "optimal", **LOCATION_SCALE}, "scale"),
        (DiscretizedLogistic, {"scale": "optimal", "levels": 16, **LOCATION_SCALE}, "scale"),
        (DiscretizedLogistic, {"scale": "shared", "levels": 0, **LOCATION_SCALE}, "levels"),
        (BetaBinomial, {"levels": 0}, "levels"),
        (Categorical, {"levels": 0}, "levels"),
        (Categorical, {"levels": None}, "levels"),
        (
            DiscretizedLogisticMixture,
            {"components": 0, "levels": 16, **LOCATION_SCALE},
            "components",
        ),
        (
            DiscretizedLogisticMixture,
            {"components": 3, "levels": 16, "scale_value": 0.1, "min_scale": 0.2},
            "min_scale",
        ),
    ],
)
def test_argument_out_of_its_range_is_refused_in_one_line(kind, arguments, key):
    with pytest.raises(ValueError, match=rf"^decoder\.{key}\b.*: expected .*, got ") as refused:
        part(kind, **arguments)
    assert "\n" not in str(refused.value)
