"""Seeds trained as one stacked model, beside the same seeds alone."""

import math

import pytest
import torch

from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.runtime.random_stream import RandomStream
from vae_exp.training.ensemble import Ensemble, Member
from vae_exp.training.stackable import check_stackable

SMALL = ["network.hidden=[16]", "z_dim=2", "device=cpu", "trainer.batch_size=400"]
SEEDS = (0, 1)


def prepare(seed, words, change=lambda experiment: None):
    experiment = build(compose(*SMALL, *words, f"seed={seed}"))
    change(experiment)
    return experiment


def train_both(words, change=lambda experiment: None):
    """By seed: the records together, and then alone, and those of a run alone; and its state."""
    members, together = [], {}
    for seed in SEEDS:
        experiment = prepare(seed, words, change)
        members.append(Member(experiment, RandomStream(experiment.data.device)))
        together[members[-1]] = []
    for member, record in Ensemble(members).fit():
        together[member].append(record)
    left = {}
    for member in members:
        left[member] = len(together[member])
        with member.stream.in_use():
            together[member] += list(member.training.train())
    for seed, member in zip(SEEDS, members):
        experiment = prepare(seed, words, change)
        yield together[member], list(experiment.train()), left[member], member.training, experiment


def assert_same(got, expected):
    assert len(got) == len(expected)
    for one, other in zip(got, expected):
        assert one.keys() == other.keys()
        clock = {name for name in one if "second" in name}
        numbers = [{k: v for k, v in record.items() if k not in clock} for record in (one, other)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-4, abs=1e-6, nan_ok=True)


long = pytest.mark.long
COMBINATIONS = [
    ["decoder=bernoulli", "trainer.clip_norm=1", "scheduler=cosine"],  # dynamic bits
    pytest.param(["objective=iwae", "objective.samples=3", "kl=monte_carlo"], marks=long),
    pytest.param(["encoder=laplace", "prior=laplace", "kl=monte_carlo"], marks=long),
    pytest.param(["encoder=full_gaussian", "objective=mmd", "optimizer=adamw"], marks=long),
    pytest.param(["prior=mixture", "kl=monte_carlo", "decoder=student_t"], marks=long),
    pytest.param(["objective.beta_schedule=linear", "objective.beta_steps=5"], marks=long),
    pytest.param(["condition=labels", "optimizer=sgd", "optimizer.lr=1e-5"], marks=long),
    pytest.param(["kl=schulman", "decoder=laplace", "network.normalization=layer"], marks=long),
]


@pytest.mark.parametrize("words", COMBINATIONS, ids=" ".join)
def test_each_seed_is_the_run_it_is_alone(words):
    words = [*words, "trainer.epochs=2", "trainer.log_every=3"]
    check_stackable(prepare(0, words), prepare(1, words))
    for got, expected, left, training, alone in train_both(words):
        assert_same(got, expected)
        assert left == len(got)
        state, other = training.vae.state_dict(), alone.vae.state_dict()
        for name in state:
            torch.testing.assert_close(state[name], other[name], rtol=1e-3, atol=1e-5)
        moments, others = training.vae.optimizer.state_dict(), alone.vae.optimizer.state_dict()
        assert moments["param_groups"] == others["param_groups"]
        for name, moment in moments["state"].items():
            torch.testing.assert_close(moment, others["state"][name], rtol=1e-2, atol=1e-3)


def break_seven(experiment):
    values = experiment.data.values["train"] / 16
    values[7] = math.inf
    experiment.data.values["train"] = values


def test_a_seed_goes_on_alone_from_a_step_that_is_not_finite():
    words = ["trainer.epochs=2", "trainer.log_every=2"]
    both = list(train_both(words, break_seven))
    for got, expected, *_ in both:
        assert expected[-2]["train/bad_steps"] == 2
        assert_same(got, expected)
    assert all(left < len(got) for got, _, left, *_ in both)  # none to the end


@pytest.mark.parametrize(
    "words",
    [
        ["trainer.epochs=2", "trainer.log_every=1"],
        ["trainer.epochs=2", "trainer.log_every=1", "trainer.max_bad_steps=1"],
        ["trainer.epochs=null", "trainer.max_steps=3"],
    ],
    ids=" ".join,
)
def test_a_bad_step_at_the_end_of_a_record_is_told_of(words):
    last = "trainer.max_steps=3" in words

    def break_a_datum(experiment):
        shuffled = experiment.data.shuffled

        def with_it_third(split):  # in the third batch
            order = shuffled(split)
            place = (order == 7).nonzero().item()
            order[[place, 1000]] = order[[1000, place]]
            return order

        experiment.data.shuffled = with_it_third
        break_seven(experiment)

    if "trainer.max_bad_steps=1" in words:
        with pytest.raises(FloatingPointError, match=r"trainer\.max_bad_steps"):
            list(train_both(words, break_a_datum))
        return
    for got, expected, *_ in train_both(words, break_a_datum):
        assert expected[0 if last else 2]["train/bad_steps"] == 1
        assert_same(got, expected)


@pytest.mark.parametrize("words", [["trainer.epochs=null", "trainer.max_steps=5"]], ids=" ".join)
def test_what_max_steps_leaves_is_trained_to_the_end(words):
    for got, expected, _, training, alone in train_both([*words, "trainer.log_every=4"]):
        assert_same(got, expected)
        assert training.state.step == alone.state.step == 5


@pytest.mark.long
def test_a_seed_that_is_out_of_patience_leaves():
    def never_better(experiment):
        if experiment.state.seed == 0:
            experiment.state.best_score = math.inf

    lengths = []
    words = ["trainer.epochs=2", "trainer.patience=1"]
    for got, expected, left, *_ in train_both(words, never_better):
        assert_same(got, expected)
        assert left == len(got)
        lengths.append(left)
    assert lengths == [2, 4]


@pytest.mark.parametrize("record", [0, 1, 2])  # in the midst of an epoch, before and at its end
def test_a_seed_that_failed_leaves_the_others_as_they_are_alone(record):
    words = ["trainer.epochs=2", "trainer.log_every=2", "decoder=bernoulli"]
    # the arguments in turn: each stream goes on from where its own experiment was built
    members = [Member(prepare(seed, words), RandomStream(torch.device("cpu"))) for seed in range(3)]
    ensemble, got = Ensemble(members), {member: [] for member in members}
    for member, one in ensemble.fit():
        got[member].append(one)
        if member is members[1] and len(got[member]) == record + 1:
            ensemble.fail(member)
    assert ensemble.failed == [members[1]] and len(got[members[1]]) == record + 1
    for seed in (0, 2):
        assert_same(got[members[seed]], list(prepare(seed, words).train()))


def test_a_tensor_that_is_no_buffer_is_noticed():
    def keep_a_tensor(experiment):
        vae, shift = experiment.vae, torch.tensor(float(experiment.state.seed))
        loss = vae.objective.forward
        vae.objective.forward = lambda terms: loss(terms) + shift

    one, other = (prepare(seed, [], keep_a_tensor) for seed in SEEDS)
    with pytest.raises(ValueError, match="where the loss would be another than in a run alone"):
        check_stackable(one, other)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("network.dropout=0.5", "torch.func refuses: vmap: called random operation"),
        ("optimizer=muon", "optimizer=adam, adamw or sgd"),
        pytest.param("trainer.compile=true", "trainer.compile=false", marks=long),
        pytest.param("trainer.precision=bf16", "float32, not bf16", marks=long),
    ],
)
def test_what_cannot_be_stacked_is_refused(word, why):
    experiment = prepare(0, [word])
    before = {name: value.clone() for name, value in experiment.vae.state_dict().items()}
    with pytest.raises(ValueError, match=f"hydra/launcher: expected parallel, got vmap.*{why}"):
        check_stackable(experiment, prepare(1, [word]))
    for name, value in experiment.vae.state_dict().items():
        assert value.equal(before[name])
