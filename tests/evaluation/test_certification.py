"""Certification of whole models: what it takes, what it refuses, and that the truth lies within."""

import pytest
import torch

from tests.conftest import beside
from vae_exp.configuration.compose import compose
from vae_exp.evaluation import annealing, inference_gap
from vae_exp.evaluation.certification import Certification
from vae_exp.evaluation.certification_plan import Plan
from vae_exp.evaluation.kept import Kept
from vae_exp.experiment import build

BOTH = ("simulated", "real")
TINY = ["network.hidden=[8]", "z_dim=2"]
SMALL = {"count": 3, "chains": 2, "temperatures": 3, "leapfrogs": 1, "importance_samples": 2}


def plan(origins=BOTH, gap=False, seed=0, **numbers):
    return Plan(origins=origins, gap=gap, seed=seed, **(SMALL | numbers))


def certification(words, *, max_elements=1_000_000, split="test", **numbers):
    experiment = build(compose(*words))
    return Certification(experiment.vae, experiment.data, split, plan(**numbers), max_elements)


@pytest.fixture
def quick(monkeypatch):
    """Hardly any tuning."""
    monkeypatch.setattr(annealing, "KNOTS", 2)
    monkeypatch.setattr(annealing, "TRIES", 1)
    monkeypatch.setattr(inference_gap, "BLOCK", 2)
    monkeypatch.setattr(inference_gap, "MOST_BLOCKS", 1)


TAKEN = [["prior=conditional", "condition=labels", "decoder=bernoulli"]]
MORE = [
    ["prior=flow", "kl=monte_carlo", "encoder=flow"],
    ["decoder=bernoulli", "prior=vampprior", *beside("prior", "vampprior"), "kl=monte_carlo"],
    ["decoder=bernoulli", "prior=mixture", "kl=monte_carlo", "encoder=full_gaussian"],
    ["prior=laplace", "kl=monte_carlo", "encoder=student_t"],
    ["prior=hierarchical", *beside("prior", "hierarchical"), "z_dim=4"],
    ["condition=part", "decoder=bernoulli"],
    ["decoder=bernoulli", "data.missing=0.5", "condition.mask=true"],
    ["data=counts", "decoder=poisson"],
    ["data=trajectories", "decoder=laplace"],
]
TAKEN += [pytest.param(words, marks=pytest.mark.long) for words in MORE]


@pytest.mark.parametrize("words", TAKEN, ids=lambda words: words[0])
def test_models_of_real_latents_are_certified(quick, words):
    gap = "prior=hierarchical" not in words
    model = certification([*TINY, *words], gap=gap)
    found = model(Kept())
    for origin in BOTH:
        assert all(values.shape == (3,) for values in found[origin].values())
        assert all(values.isfinite().all() for values in found[origin].values())
    assert ("upper_log_likelihood" in found["simulated"]) and "width" in found["simulated"]
    assert "upper_log_likelihood" not in found["real"]
    assert ("optimized_elbo" in found["real"]) == gap


def test_simulated_data_take_the_place_of_real_ones(quick):
    """What is missing of these, or the condition, is so of those."""
    words = ["condition=part", "data.missing=0.5", "decoder=bernoulli"]
    model = certification([*TINY, *words])
    real, simulated = (model._batch(origin, 0) for origin in ("real", "simulated"))
    known = model.vae.condition.known
    assert real.x.isnan().any()
    assert torch.equal(real.x.isnan(), simulated.x.isnan())
    assert torch.equal(real.x.nan_to_num()[:, known], simulated.x.nan_to_num()[:, known])
    assert not torch.equal(real.x.nan_to_num(), simulated.x.nan_to_num())


def test_the_closed_form_lies_between(quick, monkeypatch):
    """Of a linear model: E[lower] ≤ exact ≤ E[upper], and both near, within standard errors."""
    monkeypatch.setattr(annealing, "KNOTS", 10)
    words = ["experiment=ppca", "data.size=300", "data.validation_size=20", "data.test_size=100"]
    model = certification(
        [*words, "z_dim=3", "network.init=glorot"],
        count=40,
        chains=4,
        temperatures=30,
        leapfrogs=2,
        importance_samples=50,
    )
    found = model(Kept())
    numbers = found["simulated"]
    exact = numbers["exact_log_likelihood"]
    gaps = {
        "below": exact - numbers["lower_log_likelihood"],
        "above": numbers["upper_log_likelihood"] - exact,
        "importance": exact - numbers["importance_log_likelihood"],
        "real": found["real"]["exact_log_likelihood"] - found["real"]["lower_log_likelihood"],
    }
    for gap in gaps.values():
        assert gap.mean() > -3 * gap.std() / len(gap) ** 0.5
    assert gaps["below"].mean() < 0.3
    assert gaps["above"].mean() < 0.3
    assert torch.allclose(numbers["width"], gaps["below"] + gaps["above"])


def test_memory_is_bounded_by_batches(quick):
    words = [*TINY, "decoder=bernoulli"]
    model = certification(words, max_elements=4 * 64 * 2 * 2, origins=("real",))
    assert model.size == 2
    parts = Kept()
    found = model(parts)
    assert list(parts.finished) == ["real 0", "real 2"]
    assert len(found["real"]["elbo"]) == 3


def test_real_data_are_spread_over_the_split(quick):
    model = certification([*TINY, "decoder=bernoulli"], origins=("real",))
    data = model.data
    expected = data.batch("test", torch.tensor([0, 120, 240]))
    assert torch.equal(model._batch("real", 0).x, expected)


REFUSED = [
    "encoder=categorical",
    "encoder=wrapped_normal",
    *(
        pytest.param(f"encoder={e}", marks=pytest.mark.long)
        for e in ("bernoulli", "von_mises_fisher")
    ),
]


@pytest.mark.bad_input
@pytest.mark.parametrize("word", REFUSED)
def test_latents_that_do_not_move_freely_are_refused(word):
    words = [word, *beside(*word.split("=")), "decoder=bernoulli", "network.hidden=[8]"]
    with pytest.raises(ValueError, match=r"^encoder: expected real latents"):
        certification(words)


@pytest.mark.bad_input
def test_a_likelihood_given_the_total_draws_no_data():
    words = [*TINY, "data=counts", "decoder=poisson", "decoder.offset=library"]
    with pytest.raises(ValueError, match=r"^decoder.offset: expected none for simulated data"):
        certification(words)
    certification(words, origins=("real",))


@pytest.mark.bad_input
@pytest.mark.parametrize("name", ["count", "chains", "temperatures", "leapfrogs"])
def test_numbers_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match=f"^--{name}: expected"):
        plan(**{name: 0})
