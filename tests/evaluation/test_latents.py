"""Latent statistics, estimator report and probe, for posteriors whose answers are known."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vae_exp.condition import Seen
from vae_exp.condition.columns import Column
from vae_exp.condition.none import Unconditional
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.information import information
from vae_exp.evaluation.kl_estimators import kl_estimators
from vae_exp.evaluation.latents import encode_split
from vae_exp.evaluation.probe import probe

ELEMENTS = 1_000_000
UNBOUNDED = Budget(None, torch.device("cpu"))


class Fixed(nn.Module):
    """q(z|x) = N(loc · x, scale²) by dimension, p(z) = N(0, 1) or as given."""

    def __init__(self, loc, scale, prior=None):
        super().__init__()
        self.condition = Unconditional(mask=False)
        self.loc, self.scale = torch.tensor(loc), torch.tensor(scale)
        standard = Normal(torch.zeros(len(loc)), torch.ones(len(loc)))
        self.p_z = Independent(standard, 1) if prior is None else prior

    def encoder(self, x):
        return Independent(Normal(self.loc * x, self.scale.expand(len(x), -1)), 1)

    def prior(self):
        return self.p_z


def data_of(x, labels=None):
    return SimpleNamespace(
        device=x.device,
        size=lambda split: len(x),
        at=lambda split, index: (x[index], None),
        labels=labels,
        columns=(),
    )


def mixture(z_dim):
    parts = Independent(Normal(torch.tensor([[-1.0], [1.0]]).expand(2, z_dim), 1.0), 1)
    return MixtureSameFamily(Categorical(logits=torch.zeros(2)), parts)


def test_kl_order_and_activity_of_each_dimension():
    x = torch.randn(3000, 1)
    loc, scale = [0.05, 0.9, 0.2], [1.0, 0.3, 1.0]
    latents = encode_split(Fixed(loc, scale), data_of(x), "test")
    second_moment = x.square().mean().item()
    kl = [0.5 * (m**2 * second_moment + s**2 - 1) - math.log(s) for m, s in zip(loc, scale)]
    assert latents.kl_per_latent.tolist() == pytest.approx(kl, rel=1e-3)
    assert latents.means.shape == (3000, 3)
    assert latents.order == [1, 2, 0]
    # Cov = loc² Var x: 0.0025, 0.81, 0.04, against Burda's 0.01
    assert latents.active.tolist() == [False, True, True]


def test_a_prior_that_does_not_factorise_leaves_the_order_to_the_means():
    vae = Fixed([0.1, 0.9], [1.0, 1.0], mixture(2))
    latents = encode_split(vae, data_of(torch.randn(100, 1)), "test")
    assert latents.kl_per_latent is None
    assert latents.order == [1, 0]


def test_encoding_stops_at_the_limit():
    latents = encode_split(Fixed([1.0], [1.0]), data_of(torch.randn(2500, 1)), "test", limit=1100)
    assert latents.means.shape == (1100, 1)


def test_information_brackets_the_closed_form():
    """x ~ N(0, 1), z = a x + s ε: I(x; z) = ½ log(1 + a²/s²), and q(z) = N(0, a² + s²)."""
    a, s = [1.0, 0.5], [0.5, 1.0]
    x = torch.randn(2000, 1).expand(-1, 2) * torch.tensor([1.0, 0.0])
    x[:, 1] = torch.randn(2000)
    numbers = information(Fixed(a, s), data_of(x), "test", ELEMENTS, UNBOUNDED)
    exact = sum(0.5 * math.log(1 + m**2 / t**2) for m, t in zip(a, s))
    marginal = sum(0.5 * (m**2 + t**2 - 1 - math.log(m**2 + t**2)) for m, t in zip(a, s))
    # the standard error of an average of 2000 log-ratios whose spread is about one
    error = 3 / math.sqrt(2000)
    assert numbers["mutual_information"] == pytest.approx(exact, abs=error)
    assert numbers["mutual_information_upper"] == pytest.approx(exact, abs=error)
    assert numbers["mutual_information"] < numbers["mutual_information_upper"]
    assert numbers["marginal_kl"] == pytest.approx(marginal, abs=error)


class ToldTheClass:
    """q(z|x, c) = p(z|c) = N(± 50, 1): an average KL of 0."""

    def eval(self):
        return self

    def condition(self, x, c):
        return x, Seen((c,), (), (c,))

    condition.sees = lambda part: part != "decoder"

    def encoder(self, x, c):
        return self.prior(c)

    def prior(self, c):
        return Independent(Normal(100.0 * c.unsqueeze(1) - 50, 1.0), 1)


def test_the_kl_to_a_prior_that_sees_c_is_no_bound_on_what_the_latents_know():
    """z tells the class, and so does the prior: I(x; z) = log 2."""
    x, c = torch.zeros(400, 1), torch.arange(400) % 2
    data = data_of(x)
    data.at = lambda split, index: (x[index], c[index])
    numbers = information(ToldTheClass(), data, "test", ELEMENTS, UNBOUNDED)
    assert numbers["mutual_information"] == pytest.approx(math.log(2), abs=1e-3)
    # of the others 199 are of its class
    assert numbers["mutual_information_upper"] == pytest.approx(math.log(399 / 199), abs=1e-3)
    assert numbers["information_data"] == 400 and "marginal_kl" not in numbers


def test_information_is_bounded_by_the_size_of_the_sample():
    x = torch.randn(500, 1)
    numbers = information(Fixed([1.0], [1e-6]), data_of(x), "test", 7000, UNBOUNDED)
    assert numbers["mutual_information"] == pytest.approx(math.log(500), abs=0.1)
    assert numbers["mutual_information_upper"] > math.log(500)


def rows_of(vae, x):
    rows = kl_estimators(vae, data_of(x), "test", ELEMENTS, UNBOUNDED)
    return {(row["estimator"], row["per_dimension"]): row for row in rows}


def test_estimators_against_schulmans_closed_forms():
    """q = N(μ, 1), p = N(0, 1) in each of D dimensions: log r = −μ ε − μ²/2.

    KL = μ²/2; k1 has the spread μ; E[k2] = ½(μ² + μ⁴/4); k3 is unbiased with
    E[k3²] = E[(r − 1 − log r)²]. On the joint, μ² is D μ².
    """
    mu, D, N = 0.3, 4, 1000
    rows = rows_of(Fixed([mu] * D, [1.0] * D), torch.ones(N, 1))
    kl, joint = D * mu**2 / 2, D * mu**2
    error = 4 / math.sqrt(N * 100)  # standard errors of an average of N · S, in spreads
    assert rows["analytic", True]["value"] == pytest.approx(kl, rel=1e-5)
    assert rows["analytic", True]["std"] == rows["analytic", True]["bias"] == 0
    for per_dimension in (True, False):
        k1 = rows["monte_carlo", per_dimension]
        assert k1["std"] == pytest.approx(math.sqrt(joint), rel=0.02)
        assert k1["value"] == pytest.approx(kl, abs=error * k1["std"])
        assert abs(k1["bias"]) < 4 * k1["bias_stderr"]
        k3 = rows["schulman_k3", per_dimension]
        assert k3["value"] == pytest.approx(kl, abs=error * k3["std"])
        assert k3["std"] < k1["std"]
    k2 = rows["schulman", True]
    assert k2["bias"] == pytest.approx(D * mu**4 / 8, abs=4 * k2["bias_stderr"])
    k2 = rows["schulman", False]
    assert k2["bias"] == pytest.approx(joint**2 / 8, abs=4 * k2["bias_stderr"])
    assert rows["schulman", True]["value_per_latent"] == pytest.approx(
        [0.5 * (mu**2 + mu**4 / 4)] * D, rel=0.05
    )


def test_without_a_closed_form_monte_carlo_is_the_reference():
    rows = rows_of(Fixed([0.5, 0.5], [0.9, 0.9], mixture(2)), torch.randn(200, 1))
    assert set(rows) == {("monte_carlo", False), ("schulman", False), ("schulman_k3", False)}
    assert "bias" not in rows["monte_carlo", False]
    k3 = rows["schulman_k3", False]
    assert abs(k3["bias"]) < 4 * k3["bias_stderr"]


def test_probe_reads_what_is_there_and_no_more():
    labels = torch.arange(400) % 4
    x = labels.unsqueeze(1) + 0.01 * torch.randn(400, 1)
    vae = Fixed([1.0, 0.5], [0.1, 0.1])
    split = {"train": labels, "test": labels}

    def probed(data):
        return probe(vae, data, "test", encode_split(vae, data, "test"), UNBOUNDED)

    assert probed(data_of(x, split)) == {
        "linear_probe_accuracy": 1.0,
        "knn_accuracy": 1.0,
    }
    noise = data_of(torch.randn(400, 1), split)
    assert probed(noise)["linear_probe_accuracy"] < 0.45
    assert probed(data_of(x)) == {}
    assert probed(data_of(x, {"train": labels * 0, "test": labels})) == {}


def test_probe_reads_categories_beside_x_and_says_what_chance_is():
    shown, hidden = torch.arange(400) % 4, torch.arange(400) % 3
    data = data_of(shown.unsqueeze(1) + 0.01 * torch.randn(400, 1))
    data.columns = (Column("age"), Column("site", tuple("abcd")), Column("day", tuple("abc")))
    columns = torch.stack((torch.randn(400), shown, hidden), 1)
    data.covariates = {"train": columns, "test": columns}
    vae = Fixed([1.0, 0.5], [0.1, 0.1])
    probed = probe(vae, data, "test", encode_split(vae, data, "test"), UNBOUNDED)
    assert probed.pop("knn_accuracy_day") < 0.65  # each among its own neighbours
    assert probed.pop("linear_probe_accuracy_day") < 0.45
    assert probed == {
        "linear_probe_accuracy_site": 1.0,
        "knn_accuracy_site": 1.0,
        "chance_accuracy_site": 0.25,
        "chance_accuracy_day": pytest.approx(134 / 400),
    }
