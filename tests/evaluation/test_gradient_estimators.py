"""The report of gradient estimators on a posterior of codes."""

import math

import pytest

from tests.composed import compose
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.gradient_estimators import gradient_estimators
from vae_exp.experiment import build


def rows_of(*words):
    experiment = build(compose("data=ppca", "network=linear", *words))
    budget = Budget(None, experiment.data.device)
    rows = gradient_estimators(experiment.vae, experiment.data, "test", budget)
    return {row["estimator"]: row for row in rows}


@pytest.fixture(scope="module")
def few_codes():
    return rows_of("encoder=bernoulli", "prior=uniform_bernoulli", "z_dim=3")


@pytest.mark.parametrize("unbiased", ["score_function", "vimco"])
def test_unbiased_estimators_have_no_bias_that_can_be_seen(few_codes, unbiased):
    row = few_codes[unbiased]
    assert row["bias"] < 3 * row["bias_stderr"]


def test_spread_and_norm_are_those_of_the_enumerated_gradient(few_codes):
    assert few_codes["enumerate"]["std"] == 0
    assert few_codes["vimco"]["norm"] == few_codes["enumerate"]["norm"] > 0
    assert few_codes["vimco"]["std"] < few_codes["score_function"]["std"]
    assert "bias" not in few_codes["concrete"]
    assert few_codes["straight_through"]["bias"] > 0


def test_of_many_codes_vimco_is_the_reference():
    rows = rows_of("encoder=categorical", "prior=categorical", "z_dim=4")
    assert "enumerate" not in rows
    assert "bias" not in rows["vimco"]
    assert all(math.isfinite(row["std"]) for row in rows.values())


def test_a_continuous_posterior_has_none():
    assert rows_of() == {}
