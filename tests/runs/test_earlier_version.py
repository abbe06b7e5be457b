"""A run of the version before the modules moved: it loads, evaluates, compares and resumes.

Made at commit 7a1badb by ``python -m vae_exp.run experiment=rate_distortion network.hidden=[8]
z_dim=2 trainer.max_steps=20 plots.names=[] evaluation.importance_samples=8 evaluation.probe=false
seed=3 wandb.mode=disabled``; the numbers below are that commit's own.
"""

import json
import shutil
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

import vae_exp
from tests.conftest import one_in
from vae_exp.configuration.renamed import EXPERIMENTS, current_targets
from vae_exp.storage.saved_run import SavedRun
from vae_exp.sweeps.sweep import Sweep

OLD = Path(__file__).with_name("run_of_7a1badb")
AFTER_40_STEPS = {"test/elbo": -43.54125067440586, "test/log_likelihood": -43.41774829228719}


@pytest.fixture
def old(tmp_path):
    return Path(shutil.copytree(OLD, tmp_path / "old"))


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def test_it_names_what_has_another_name_now():
    config = OmegaConf.load(OLD / ".hydra" / "config.yaml")
    assert config.trainer._target_ == "vae_exp.trainer.Trainer"
    assert SavedRun(OLD).config["trainer"]["_target_"] == "vae_exp.training.trainer.Trainer"
    assert "experiment=rate_distortion" in OmegaConf.load(OLD / ".hydra" / "overrides.yaml")
    assert "experiment=sweep/rate_distortion" in SavedRun(OLD).overrides


def test_it_loads():
    vae = vae_exp.load(OLD, device="cpu")
    assert vae.sample(3).shape == (3, 1, 8, 8)
    weights = torch.load(OLD / "checkpoints" / "best.pt", weights_only=True)["vae"]
    assert all(torch.equal(vae.state_dict()[name], value) for name, value in weights.items())


def test_it_evaluates_to_the_numbers_of_its_own_version(old, cli):
    before = summary(old)
    assert cli(str(old), module="evaluate").exit_code == 0
    for name in AFTER_40_STEPS:
        assert summary(old)[name] == pytest.approx(before[name], rel=1e-5)


def test_it_is_compared_with_a_run_of_this_version_as_the_same_experiment(old, cli, tmp_path):
    words = [word for word in SavedRun(old).overrides if not word.startswith("seed=")]
    new = cli(*words, "seed=4")
    assert new.exit_code == 0, new.err
    compared = cli(str(old), str(new.folder), "--json", "-", module="compare")
    (block,) = json.loads(compared.out)["blocks"]
    (row,) = block["rows"]
    assert [run["seed"] for run in row["runs"]] == [3, 4]


def test_it_resumes_to_the_end_that_its_own_version_would_have_reached(old, cli):
    result = cli(f"resume={old}", "trainer.max_steps=40")
    assert result.exit_code == 0, result.err
    assert "resuming after step 20" in result.out
    for name, value in AFTER_40_STEPS.items():
        assert summary(old)[name] == pytest.approx(value, rel=1e-4)


def test_what_is_finished_is_recognised(old, cli):
    defaults = ["evaluation.part_seconds=2", "evaluation.max_elements=1600000"]
    result = cli(f"resume={old}", *defaults)  # of its own version
    assert result.exit_code == 0, result.err
    assert "finished already" in result.out


def test_a_sweep_of_it_is_read_under_the_present_names(tmp_path):
    overrides = {"task": ["experiment=which_kl,rate_distortion", "seed=1"], "hydra": []}
    config = {"hydra": {"overrides": overrides, "sweeper": {"params": None}}}
    OmegaConf.save(OmegaConf.create(config), tmp_path / "multirun.yaml")
    sweep = Sweep(tmp_path)
    assert sweep.command == ["experiment=sweep/which_kl,sweep/rate_distortion", "seed=1"]
    assert sweep.jobs == {
        0: ["experiment=sweep/which_kl"],
        1: ["experiment=sweep/rate_distortion"],
    }


def test_targets_are_mapped_wherever_they_stand():
    old = {"_target_": "vae_exp.trainer.Trainer", "x": [{"_target_": "torch.nn.ReLU"}], "y": 1}
    new = {**old, "_target_": "vae_exp.training.trainer.Trainer", "monitor": "auto"}
    assert current_targets({"a": [old]}) == {"a": [new]}
    assert current_targets(new | {"monitor": "loss"})["monitor"] == "loss"


@pytest.mark.bad_input
@pytest.mark.parametrize("name", one_in(6, EXPERIMENTS))
def test_the_old_name_of_a_recipe_is_answered_with_the_new_one(name, cli):
    result = cli(f"experiment={name}")
    assert result.exit_code == 2
    new = EXPERIMENTS[name]
    assert result.err == (
        f"vae_exp: experiment: expected {new}, the new name of {name}, got {name}\n"
    )
    assert vae_exp.compose(f"experiment={new}")


@pytest.mark.bad_input
def test_reproduce_answers_with_the_new_name_too(cli):
    result = cli("iwae_mnist_vae_k1_fast", module="reproduce")
    assert result.exit_code == 2
    (line,) = result.err.splitlines()
    assert "expected burda2015/vae_k1_fast, the new name of iwae_mnist_vae_k1_fast" in line
