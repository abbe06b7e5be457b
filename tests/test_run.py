"""The program from the command line to the run's folder."""

import math

import pytest
from omegaconf import OmegaConf
from PIL import Image

from tests.conftest import choices, one_in
from vae_exp import plots
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.run import overrides_last
from vae_exp.storage import checkpoint

QUICK = [
    "trainer.epochs=2",
    "network.hidden=[32]",
    "evaluation.importance_samples=8",
    "evaluation.probe=false",
    "plots.names=[]",
]


# the rest of the catalogue: test_matrix.py
@pytest.mark.parametrize("choice", one_in(5, choices("objective")), ids=" ".join)
def test_parts_train_and_are_evaluated(cli, choice):
    result = cli("z_dim=4", *choice, *QUICK)
    assert result.exit_code == 0, result.err
    summary = result.summary
    assert summary["status"] == "finished"
    assert math.isfinite(summary["test/elbo"])
    # the ELBO, and the importance-weighted bound above it
    expected = -summary["test/reconstruction_loss"] - summary["test/kl"]
    assert summary["test/elbo"] == pytest.approx(expected, abs=1e-6)
    # equal, but for rounding, where all samples of q(z|x) are one
    assert summary["test/log_likelihood"] > summary["test/elbo"] - 1e-4


SCALES = ["fixed", "shared", "per_pixel", "optimal"]
SCALED = [[f"decoder={d}", f"decoder.scale={s}"] for d in ("gaussian", "laplace") for s in SCALES]
# the others are built alike, and train in test_matrix.py
USUAL = [*SCALED[2:4], SCALED[-1], ["network=conv"]]


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param(choice, marks=[] if choice in USUAL else pytest.mark.long)
        for choice in [*SCALED, *choices("network")]
    ],
    ids=" ".join,
)
def test_every_scale_and_network_trains(cli, choice):
    quick = [q for q in QUICK if not q.startswith("network.")]
    if "data=trajectories" in choice:
        quick += ["data.size=600", "data.validation_size=50", "data.test_size=50"]
    result = cli(*choice, *quick, "trainer.max_steps=12")
    assert result.exit_code == 0, result.err
    assert math.isfinite(result.summary["test/elbo"])


@pytest.mark.long
def test_the_missions_own_example_learns(cli):
    result = cli("decoder=bernoulli", "kl=schulman")
    assert result.exit_code == 0, result.err
    assert "the data are binarised, dynamic" in result.out
    assert result.summary["test/elbo"] > -26  # an untrained model: −44
    assert result.err == ""


def test_the_folder_has_everything(cli):
    result = cli("trainer.epochs=3", "trainer.log_every=4", "decoder=bernoulli")
    folder = result.folder
    assert OmegaConf.load(folder / ".hydra" / "config.yaml").trainer.epochs == 3
    for name in ("last.pt", "best.pt"):
        assert (folder / "checkpoints" / name).stat().st_size > 0
    for name in set(plots.NAMES) - {"tsne"}:
        with Image.open(folder / "plots" / f"{name}.png") as picture:
            assert picture.size[0] > 600

    metrics = result.metrics
    train = [m for m in metrics if "train/loss" in m]
    val = [m for m in metrics if "val/elbo" in m]
    assert [m["step"] for m in train] == [4, 7, 10, 14, 17, 20, 24, 27, 30]
    assert [(m["step"], m["epoch"]) for m in val] == [(10, 1), (20, 2), (30, 3)]
    for prefix, record in (("train", train[-1]), ("val", val[-1])):
        elbo = -record[f"{prefix}/reconstruction_loss"] - record[f"{prefix}/kl"]
        assert record[f"{prefix}/elbo"] == pytest.approx(elbo, rel=1e-5)

    summary = result.summary
    assert summary["status"] == "finished"
    assert summary["step"] == 30
    assert summary["val/best_elbo"] == max(m["val/elbo"] for m in val)
    assert summary["train/samples_per_second"] > 0
    assert summary["time/train_seconds"] < summary["time/total_seconds"]
    assert summary["versions"]["torch"]
    for name in ("elbo", "log_likelihood", "kl", "reconstruction_loss", "log_likelihood_stderr"):
        assert f"test/{name}" in summary
        assert f"test/{name}" in metrics[-1]


def reproducible(result):
    """The metrics without what the clock says."""
    clock = ("samples_per_second", "time/")
    return [{k: v for k, v in m.items() if not any(c in k for c in clock)} for m in result.metrics]


def test_same_command_same_numbers_and_another_seed_others(cli):
    command = ["decoder=bernoulli", "network.dropout=0.1", *QUICK]
    first, second = cli(*command), cli(*command)
    assert reproducible(first) == reproducible(second)
    others = [reproducible(cli(*command, f"seed={seed}"))[0]["train/elbo"] for seed in (0, 1, 2)]
    assert others[0] == reproducible(first)[0]["train/elbo"]
    assert len(set(others)) == 3


def test_logging_more_often_does_not_change_the_training(cli):
    seldom, often = (
        cli(*QUICK),
        cli(*QUICK, "trainer.log_every=1", "plots.every=1", "plots.names=[samples]"),
    )
    assert seldom.summary["test/elbo"] == often.summary["test/elbo"]


def test_a_folder_with_a_run_is_not_written_again(cli):
    first = cli(*QUICK)
    summary = first.summary
    second = cli(*QUICK, "seed=1", f"hydra.run.dir={first.folder}")
    assert second.exit_code == 2
    assert "hydra.run.dir: expected a folder without results" in second.err
    assert first.summary == summary


@pytest.mark.parametrize("weights", ["best", pytest.param("last", marks=pytest.mark.long)])
def test_the_test_set_meets_the_weights_asked_for(cli, weights):
    # the last epoch is by far not the best
    overfitting = ["decoder.scale=per_pixel", "optimizer.lr=1e-2", "trainer.epochs=12"]
    short = ["evaluation.importance_samples=8", "evaluation.probe=false", "plots.names=[]"]
    chosen = [*overfitting, *short, f"evaluation.weights={weights}"]
    result = cli(*chosen)
    assert result.summary["val/best_epoch"] < 12
    numbers = {}
    for name in ("best", "last"):
        experiment = build(compose(*chosen))
        state = checkpoint.load(result.folder / "checkpoints" / f"{name}.pt")
        checkpoint.load_weights(experiment.vae, state)
        numbers[name] = experiment.evaluate()["elbo"]
    assert numbers["best"] != numbers["last"]
    assert result.summary["test/elbo"] == numbers[weights]


def test_early_stopping_is_told(cli):
    result = cli("optimizer=sgd", "optimizer.lr=0", "trainer.patience=2", *QUICK[1:])
    assert "stopped after epoch 3: no better val/elbo since epoch 1" in result.out
    assert result.summary["val/best_epoch"] == 1


def test_sweep_runs_each_combination_and_goes_on_after_a_failure(cli, tmp_path):
    result = cli("-m", "decoder=gaussian,bernoulli", "z_dim=0,2", *QUICK, "hydra.sweep.dir=sweep")
    assert result.exit_code == 2
    lines = [line for line in result.err.splitlines() if line.startswith("vae_exp:")]
    told = "z_dim: expected a positive number, got 0"
    assert lines[:2] == [f"vae_exp: {told}"] * 2
    assert lines[2] == f"vae_exp: job 0 (decoder=gaussian z_dim=0) refused: {told}"
    assert lines[3] == f"vae_exp: job 2 (decoder=bernoulli z_dim=0) refused: {told}"
    assert lines[4].startswith("vae_exp: of 4 jobs 2 refused, 2 finished; python -m vae_exp.run -m")
    finished = [(tmp_path / "sweep" / str(n) / "summary.json").exists() for n in range(4)]
    assert finished == [False, True, False, True]


def test_help_shows_groups_and_examples(cli):
    result = cli("--help")
    assert result.exit_code == 0
    for needed in ("bernoulli, beta, beta_binomial", "kl=schulman", "-m decoder=gaussian"):
        assert needed in result.out


def test_flags_may_stand_between_the_overrides(cli, tmp_path):
    words = ["z_dim=2", "-m", "seed=0", "trainer.max_steps=1", "plots.names=[]"]
    result = cli(*words, "evaluation.probe=false", f"hydra.sweep.dir={tmp_path}/sweep")
    assert result.exit_code == 0, result.err
    assert (tmp_path / "sweep/0/summary.json").exists()
    assert overrides_last(["a=1", "--config-dir", "x", "a=1"], ["a=1", "a=1"]) == [
        *("--config-dir", "x", "a=1", "a=1")
    ]
