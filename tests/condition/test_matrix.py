"""Each condition with each option of the other groups, complete and with missing values."""

import math

import pytest

from tests.conftest import beside, choices, options
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build

CONDITIONS = {
    "labels": ["condition=labels"],
    "columns": ["condition=columns"],
    "part": ["condition=part"],
    "none": ["condition=none"],
}
SMALL = ["z_dim=4", "trainer.max_steps=2", "trainer.batch_size=16", "evaluation.probe=false"]
SMALL += ["evaluation.importance_samples=2", "evaluation.part_seconds=0.01"]
COUNTS = ["data=batch_counts", "decoder=poisson"]
GROUPS = ("encoder", "prior", "objective", "decoder", "network")


def words(condition, choice):
    """For ``columns`` the one set that has some, with a likelihood and a network for it."""
    group = choice[0].partition("=")[0]
    own = [*CONDITIONS[condition], *choice]
    if "prior=conditional" in choice:
        own = [*CONDITIONS[condition], "prior=conditional", "kl=monte_carlo"]
    if condition == "columns":
        if group in ("decoder", "network") and choice[0] not in ("network=mlp", "network=linear"):
            return None
        own = [*own, *COUNTS]
    if condition == "none" and "prior=conditional" in choice:
        return None
    if condition != "none" and choice[0] == "prior=vampprior":
        own.append("condition.encoder=false")
    return [*own, *SMALL]


CASES = [
    (f"{condition} {choice[0]}", found)
    for condition in CONDITIONS
    for choice in choices(*GROUPS)
    if "mixed" not in choice[0] and (found := words(condition, choice)) is not None
]
USUAL = [name for i, (name, _) in enumerate(CASES) if i % 30 == 0]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(found, id=name, marks=[] if name in USUAL else pytest.mark.long)
        for name, found in CASES
    ],
)
def test_it_trains_and_is_evaluated_with_values_missing(found):
    experiment = build(compose(*found, "data.missing=0.3"))
    list(experiment.train())
    numbers = experiment.evaluate("validation")
    assert math.isfinite(numbers["elbo"]) and math.isfinite(numbers["log_likelihood"])


def test_every_option_is_here():
    named = {name.split()[1] for name, _ in CASES}
    for group in GROUPS:
        for option in options(group):
            assert f"{group}={option}" in named or option == "mixed", (group, option)
    assert beside("prior", "conditional")
