"""Which epoch is the best one, and when there has been none that is better for too long."""

import math

import pytest
import torch

from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.training.state import TrainingState

SMALL = ["network.hidden=[16]", "z_dim=2", "evaluation.probe=false"]
WATCHED = {
    "elbo": ["", "kl=schulman", "objective.beta_schedule=linear", "kl=monte_carlo prior=mixture"],
    "loss": [
        "objective.beta=0.1",
        "objective.beta=4 objective.beta_schedule=linear",
        "objective.free_bits=0.1",
        "objective.capacity=3",
        "objective=mmd",
        "objective=dip",
        "objective=factor_vae",
        "kl=total_correlation",
        *(f"objective={name} kl=monte_carlo" for name in ("iwae", "dreg", "miwae", "piwae")),
        *(f"objective={name} kl=monte_carlo" for name in ("ciwae", "renyi")),
        "trainer.monitor=loss",
    ],
}


@pytest.mark.parametrize(
    ("watched", "words"), [(watched, words) for watched in WATCHED for words in WATCHED[watched]]
)
def test_what_is_minimised_is_watched(watched, words):
    experiment = build(compose(*SMALL, "trainer.max_steps=1", *words.split()))
    list(experiment.train())
    assert experiment.state.watched == watched


def test_the_elbo_can_be_watched_whatever_is_minimised():
    experiment = build(compose("objective.beta=0.1", "trainer.monitor=elbo"))
    assert experiment.trainer.early_stopping.watched(experiment.vae) == "elbo"


def test_total_correlation_with_weights_of_one_is_the_kl():
    experiment = build(compose("kl=total_correlation", "kl.total_correlation=1"))
    assert experiment.trainer.early_stopping.watched(experiment.vae) == "elbo"


@pytest.mark.parametrize("monitor", ["auto", "elbo"])
def test_best_weights_are_those_of_the_epoch_with_the_best_watched_number(monitor):
    """With a small β the ELBO gets worse while the loss, which is minimised, gets better."""
    words = ["objective.beta=0.01", "optimizer.lr=3e-3", "trainer.epochs=6", "decoder=bernoulli"]
    experiment = build(compose("network.hidden=[100]", *words, f"trainer.monitor={monitor}"))
    kept, validations = {}, []
    for record in experiment.train():
        if "val/elbo" in record:
            validations.append(record)
            kept[record["epoch"]] = {k: v.clone() for k, v in experiment.vae.state_dict().items()}
    key = "val/loss" if monitor == "auto" else "val/elbo"
    sign = -1 if monitor == "auto" else 1
    best = max(validations, key=lambda r: sign * r[key])
    assert (best["epoch"] > 3) == (monitor == "auto")  # they do differ
    assert validations[-1]["val/best_epoch"] == best["epoch"]
    assert validations[-1]["val/best_elbo"] == best["val/elbo"]
    weights = experiment.state.best_weights
    assert all(torch.equal(weights[k], v) for k, v in kept[best["epoch"]].items())
    assert experiment.select_weights() == (best["epoch"], f"best {key}")


def test_a_loss_is_comparable_between_epochs_of_a_warm_up():
    """With a learning rate of 0 nothing changes but β, and val/loss is at the β it ends with."""
    words = ["objective.beta=2", "objective.beta_schedule=linear", "objective.beta_steps=25"]
    still = ["optimizer=sgd", "optimizer.lr=0", "trainer.epochs=4", "trainer.log_every=10"]
    records = list(build(compose(*SMALL, *words, *still)).train())
    validations = [r for r in records if "val/loss" in r]
    assert len({r["val/loss"] for r in validations}) == 1
    expected = validations[0]["val/reconstruction_loss"] + 2 * validations[0]["val/kl"]
    assert validations[0]["val/loss"] == pytest.approx(expected, rel=1e-6)
    assert {r["val/beta"] for r in validations} == {2.0}
    betas = [r["train/beta"] for r in records if "train/beta" in r]
    assert betas[0] < betas[1] < betas[2] == betas[3] or betas[2] < betas[3] == 2.0


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ([], 3),
        (["objective.beta_schedule=linear", "objective.beta_steps=50"], 7),  # 10 steps an epoch
        pytest.param(
            ["objective.beta_schedule=linear", "objective.beta_steps=41"], 7, marks=pytest.mark.long
        ),
        (["objective.beta_schedule=cyclical", "objective.beta_steps=50"], 3),
        (["objective.capacity=3", "objective.capacity_steps=40"], 6),
    ],
)
def test_patience_begins_after_the_warm_up(words, last):
    still = ["optimizer=sgd", "optimizer.lr=0", "trainer.patience=2", "trainer.epochs=20"]
    experiment = build(compose(*SMALL, *words, *still))
    records = list(experiment.train())
    assert experiment.state.best_epoch == 1  # nothing is learned
    assert records[-1]["epoch"] == last


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("watched", ["elbo", "loss"])
def test_what_is_not_finite_is_never_the_best(watched, value):
    state = TrainingState(epoch=1, watched=watched)
    state.end_epoch({"elbo": value, "loss": value}, {})
    assert state.best_weights is None
    state.epoch = 2
    state.end_epoch({"elbo": -3.0, "loss": 2.0}, {"w": torch.ones(())})
    state.epoch = 3
    state.end_epoch({"elbo": value, "loss": value}, {})
    assert (state.best_epoch, state.best_elbo) == (2, -3.0)


def test_a_state_of_an_earlier_version_goes_on_by_the_elbo():
    experiment = build(compose(*SMALL, "objective.beta=0.01", "trainer.epochs=3"))
    state = experiment.state.state_dict()
    state |= {"epoch": 2, "best_elbo": -20.0, "best_epoch": 1}
    del state["watched"], state["best_score"]
    experiment.state.load_state_dict(state, torch.device("cpu"))
    list(experiment.train())
    assert (experiment.state.watched, experiment.state.best_score) == ("elbo", -20.0)


def test_a_run_says_which_epoch_was_taken_and_why(cli):
    words = ["objective.beta=0.01", "optimizer.lr=1e-2", "trainer.epochs=4", *SMALL]
    quick = ["evaluation.importance_samples=2", "plots.names=[]"]
    result = cli(*words, *quick)
    epoch = result.summary["val/best_epoch"]
    assert result.summary["selected/epoch"] == epoch
    assert result.summary["selected/by"] == "best val/loss"
    (record,) = [r for r in result.metrics if r["epoch"] == epoch and "val/elbo" in r]
    assert result.summary["val/selected_elbo"] == record["val/elbo"]
    assert f"weights of epoch {epoch} of 4: best val/loss" in result.out
    last = cli(*words, *quick, "evaluation.weights=last")
    assert (last.summary["selected/epoch"], last.summary["selected/by"]) == (4, "last")
    assert last.summary["val/selected_elbo"] == last.summary["val/elbo"]
