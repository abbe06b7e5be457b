"""A likelihood for each column of a table, each against SciPy's or torch's."""

import math
from functools import partial

import numpy
import pytest
import torch
from scipy import stats

from tests.checked import assert_ok
from vae_exp.checking.subject import Subject
from vae_exp.decoder.mixed import Mixed
from vae_exp.distribution.ordinal import Ordinal
from vae_exp.distribution.variable import OfVariables, Variable
from vae_exp.encoder.variables import VariableInputs
from vae_exp.network.linear import Linear

LINEAR = partial(Linear, init="default")
COLUMNS = (
    Variable("grade", "ordinal", ("low", "mid", "high", "top"), 1.5, 1.1),
    Variable("income", "continuous", (), 5e4, 1.2e4),
    Variable("city", "category", ("a", "b", "c")),
    Variable("dose", "positive", (), -2.0, 0.7),
    Variable("visits", "count", (), 1.3, 0.5),
    Variable("age", "continuous", (), 35.0, 9.0),
    Variable("smoker", "yes/no", ("no", "yes"), 0.2),
    Variable("kind", "category", (1, 2, 3, 4, 5)),
)
KEYS = {"scale_value": 0.5, "min_scale": 0.01}


def mixed(scale="per_component", counts="negative_binomial", variables=COLUMNS):
    part = Mixed((len(variables),), 3, LINEAR, scale, counts=counts, variables=variables, **KEYS)
    part.may_miss = False
    for name, parameter in part.named_parameters():
        if name.startswith("raw") and parameter is not None:
            torch.nn.init.normal_(parameter, 0, 0.3)
    return part.double().eval()


def alone(p_x, d):
    """The distribution of a component, and where it is among those of its kind."""
    place = p_x.order[d].item()
    for part in p_x.parts:
        size = part.batch_shape[-1]
        if place < size:
            return part, place
        place -= size
    raise AssertionError(d)


def scipys(p_x, d):
    """SciPy's distribution of a component, from the numbers of ours."""
    part, place = alone(p_x, d)

    def of(name):
        return getattr(part, name)[..., place].detach().numpy()

    kind = COLUMNS[d].type
    if kind == "continuous":
        return stats.norm(of("loc"), of("scale"))
    if kind == "positive":
        base = part.base_dist
        return stats.lognorm(
            base.scale.detach().numpy()[..., 0], 0, numpy.exp(base.loc.detach().numpy()[..., 0])
        )
    if kind == "count" and hasattr(part, "rate"):
        return stats.poisson(of("rate"))
    if kind == "count":
        return stats.nbinom(of("total_count"), 1 - of("probs"))
    if kind == "yes/no":
        return stats.bernoulli(of("probs"))
    return None


@pytest.mark.parametrize("scale", ["per_component", "network"])
@pytest.mark.parametrize("counts", ["negative_binomial", "poisson"])
def test_each_column_is_scipys(scale, counts):
    part = mixed(scale, counts)
    p_x = part(torch.randn(20, 3).double()).base_dist
    x = p_x.sample()
    log_p = p_x.log_prob(x)
    for d in range(len(COLUMNS)):
        theirs = scipys(p_x, d)
        if theirs is None:
            continue
        log = theirs.logpmf if hasattr(theirs.dist, "pmf") else theirs.logpdf
        numpy.testing.assert_allclose(log_p[:, d].detach(), log(x[:, d]), rtol=1e-6, atol=1e-7)
        numpy.testing.assert_allclose(p_x.mean[:, d].detach(), theirs.mean(), rtol=1e-6)


@pytest.mark.parametrize("scale", ["per_component", "network"])
@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_the_checks_of_a_column_alone_pass(column, scale):
    subject = Subject("decoder", lambda *_: (mixed(scale, variables=(column,)), []), (1,), 3)
    # the mean of a category is the most probable one
    assert_ok(subject, "shapes", "support", "density", "samples", "gradients", skipped=("mean",))


@pytest.mark.parametrize("scale", ["per_component", "network"])
def test_the_checks_of_all_columns_together_pass(scale):
    subject = Subject("decoder", lambda *_: (mixed(scale), []), (len(COLUMNS),), 3)
    assert_ok(subject, "shapes", "batches", "support", "gradients", "precision", "pickle")


def test_draws_of_every_column_have_its_law():
    part = mixed()
    p_x = part(torch.randn(3).double())
    x = p_x.sample((20_000,))
    assert part.support.check(x).all()
    for d, variable in enumerate(COLUMNS):
        if variable.type in ("category", "ordinal"):
            codes = torch.arange(len(variable.categories)).double()
            rows = x[:1].repeat(len(codes), 1)
            rows[:, d] = codes
            mass = p_x.base_dist.log_prob(rows)[:, d].exp().detach().numpy()
            counts = x[:, d].long().bincount(minlength=len(codes)).numpy()
            assert stats.chisquare(counts, 20_000 * mass).pvalue > 1e-3
        elif variable.type in ("continuous", "positive"):
            assert stats.kstest(x[:, d].numpy(), scipys(p_x.base_dist, d).cdf).pvalue > 1e-3
        else:
            error = x[:, d].mean() - p_x.mean[d]
            assert error.abs() < 4 * x[:, d].std() / 20_000**0.5


def test_one_batch_under_many_samples_of_z_and_the_joint_is_the_sum():
    p_x = mixed()(torch.randn(3, 4, 3).double())
    x = p_x.sample()[0]
    log_p_x = p_x.log_prob(x)
    assert log_p_x.shape == (3, 4)
    torch.testing.assert_close(log_p_x, p_x.log_prob(x.expand(3, 4, -1)))
    torch.testing.assert_close(log_p_x, p_x.base_dist.log_prob(x.expand(3, 4, -1)).sum(-1))


def test_gradient_is_the_difference_quotient():
    part = mixed("network")
    z = torch.randn(2, 3, dtype=torch.double, requires_grad=True)
    x = part(z).sample()
    assert torch.autograd.gradcheck(lambda z: part(z).log_prob(x), (z,))


def test_every_column_begins_where_the_data_are():
    part = Mixed(
        (len(COLUMNS),), 3, LINEAR, "per_component", counts="poisson", variables=COLUMNS, **KEYS
    )
    for parameter in part.network.parameters():
        torch.nn.init.zeros_(parameter)
    p_x = part(torch.zeros(3)).base_dist
    by_name = dict(zip((v.name for v in COLUMNS), p_x.mean.tolist()))
    assert by_name["income"] == pytest.approx(5e4)
    assert by_name["visits"] == pytest.approx(numpy.expm1(1.3), rel=1e-2)
    assert by_name["smoker"] == pytest.approx(0.2, rel=1e-3)
    assert by_name["grade"] == pytest.approx(1.5, rel=1e-3)  # all grades alike
    sigma, _ = alone(p_x, 1)
    assert sigma.scale[0].item() == pytest.approx(0.5 * 1.2e4)


@pytest.mark.parametrize("loc", [0.0, 3.0, -40.0, 1e4])
def test_ordinal_far_out_is_finite_and_torchs_inside(loc):
    thresholds = torch.tensor([-1.0, 0.5, 0.6])
    loc = torch.tensor(loc, requires_grad=True)
    x = torch.arange(4.0)
    log_p = Ordinal(loc, thresholds).log_prob(x)
    gradient = torch.autograd.grad(log_p.sum(), loc)[0]
    assert log_p.isfinite().all() and gradient.isfinite()
    if abs(loc) < 10:
        cdf = torch.cat([torch.zeros(1), (thresholds - loc).sigmoid(), torch.ones(1)])
        torch.testing.assert_close(log_p.exp(), cdf.diff(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("gap", [1e-7, 1e-12, 1e-30])
def test_a_grade_that_is_hardly_there_is_as_improbable_as_its_gap(gap):
    """P(x = 1) = σ′(t − loc) gap, which thresholds that are added up do not tell."""
    gaps = torch.tensor([gap], requires_grad=True)
    thresholds = torch.cat([torch.tensor([3.0]), gaps]).cumsum(0)
    log_p = Ordinal(torch.tensor(0.0), thresholds, gaps).log_prob(torch.tensor(1.0))
    density = stats.logistic.pdf(3.0)
    assert log_p.item() == pytest.approx(math.log(density) + math.log(gap), rel=1e-5)
    assert torch.autograd.grad(log_p, gaps)[0].item() == pytest.approx(1 / gap, rel=1e-4)


def test_network_sees_codes_apart_and_numbers_standardised():
    x = torch.tensor([[2.0, 6.2e4, 1.0, 0.5, 3.0, 26.0, 1.0, 4.0], [0.0] + [torch.nan] * 7])
    inputs = VariableInputs(COLUMNS)
    seen = inputs(x)
    assert seen.shape == (2, *inputs.shape) == (2, 6 + 3 + 5)
    expected = [0.5 / 1.1, 1, 0, 1, 0, (numpy.log(0.5) + 2) / 0.7, (numpy.log(4) - 1.3) / 0.5]
    expected += [-1, 0.8, 0, 0, 0, 0, 1]
    torch.testing.assert_close(seen[0], torch.tensor(expected).float())
    assert seen[1].isnan().sum() == 5 and seen[1, 2:5].eq(0).all()


def test_support_is_that_of_each_column():
    support = OfVariables(COLUMNS)
    good = torch.tensor([3.0, -1e9, 2.0, 1e-30, 7.0, 0.0, 1.0, 4.0])
    assert support.check(good).all() and not support.is_discrete
    assert OfVariables(COLUMNS[:1]).is_discrete
    bad = torch.tensor([4.0, torch.inf, 0.5, 0.0, -1.0, torch.nan, 2.0, 5.0])
    assert not support.check(bad).any()


WRONG = {
    "a type": {"type": "number"},
    "one category": {"type": "category", "categories": ("a",)},
    "categories of a number": {"type": "count", "categories": ("a", "b")},
    "twice": {"type": "category", "categories": ("a", "a")},
    "three for yes/no": {"type": "yes/no", "categories": (0, 1, 2)},
    "many": {"type": "category", "categories": tuple(range(1001))},
    "a scale": {"type": "count", "scale": 0.0},
    "no number": {"type": "count", "loc": float("nan")},
    "a list": {"type": "category", "categories": ([], "b")},
    "a long name": {"type": "category", "categories": ("a" * 2000, "b")},
}


@pytest.mark.parametrize("name", WRONG)
def test_no_such_column(name):
    with pytest.raises((ValueError, TypeError)):
        Variable("x", **WRONG[name])


def test_shape_and_scale_are_checked():
    with pytest.raises(ValueError, match="decoder: expected vectors"):
        Mixed((1, 8, 8), 3, LINEAR, "network", counts="poisson", **KEYS)
    with pytest.raises(ValueError, match=r"decoder\.min_scale"):
        Mixed((2,), 3, LINEAR, "network", 0.1, 0.2, "poisson")
