"""A file that was named relative to where a command was given, from another folder."""

import json
import re

import numpy
import pytest
import torch
from omegaconf import OmegaConf

from tests.conftest import one_in

SHORT = ["trainer.epochs=2", "evaluation.importance_samples=4", "evaluation.probe=false"]
SHORT += ["plots.names=[]", "network.hidden=[8]", "z_dim=2"]


@pytest.fixture
def here(tmp_path):
    """A folder with data, from which commands are given."""
    random = numpy.random.default_rng(0)
    for name in ("mine", "other"):
        numpy.save(tmp_path / f"{name}.npy", random.normal(size=(60, 4)))
    numpy.save(tmp_path / "it's, odd.npy", random.normal(size=(60, 4)))
    return tmp_path


def elsewhere(here, monkeypatch):
    (here / "elsewhere").mkdir(exist_ok=True)
    monkeypatch.chdir(here / "elsewhere")


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


NAMES = ["'it\\'s, odd.npy'", "mine.npy", "./mine.npy"]


@pytest.mark.parametrize("name", one_in(3, NAMES))
def test_a_run_evaluates_and_resumes_from_another_folder(cli, here, monkeypatch, name):
    run = cli("data=array", f"data.path={name}", *SHORT)
    assert run.exit_code == 0, run.err
    before = run.summary
    elsewhere(here, monkeypatch)
    refused = cli(str(run.folder), module="evaluate")
    told = re.search(r"if that is meant, add (data\.path=.*)", refused.err)[1]
    quoted = told.replace("=", "='", 1).replace("it's", "it\\'s") + "'"
    evaluated = cli(str(run.folder), quoted, module="evaluate")
    assert (evaluated.exit_code, evaluated.err) == (0, "")
    assert "written to" in evaluated.out  # the same question
    assert run.summary["test/elbo"] == before["test/elbo"]
    resumed = cli(f"resume={run.folder}", "trainer.epochs=3", f"hydra.run.dir={run.folder}")
    assert resumed.exit_code == 0, resumed.err
    assert summary(run.folder)["epoch"] == 3
    # the same again: what was kept then has to be as good
    resumed = cli(f"resume={run.folder}", "trainer.epochs=4", f"hydra.run.dir={run.folder}")
    assert resumed.exit_code == 0, resumed.err


def test_the_same_command_still_resumes_and_another_file_does_not(cli, here):
    words = ["data=array", *SHORT, "resume=auto", f"hydra.run.dir={here / 'run'}"]
    assert cli(*words, "data.path=mine.npy").exit_code == 0
    assert cli(*words, "data.path=mine.npy", "trainer.epochs=3").exit_code == 0
    again = cli(*words, f"data.path={here / 'mine.npy'}", "trainer.epochs=3")
    assert (again.exit_code, "finished already" in again.out) == (0, True)
    refused = cli(*words, "data.path=other.npy", "trainer.epochs=4")
    assert refused.exit_code == 2
    assert f"data.path: expected {here / 'mine.npy'} as in the run" in refused.err


def test_a_run_of_an_earlier_version_that_kept_it_relative_resumes(cli, here):
    run = cli("data=array", "data.path=mine.npy", *SHORT)
    file = run.folder / "checkpoints" / "last.pt"
    state = torch.load(file)
    state["config"]["data"]["path"] = "mine.npy"
    del state["config"]["data"]["layout"]  # nor was there this key
    torch.save(state, file)
    config = OmegaConf.load(run.folder / ".hydra" / "config.yaml")
    config.data.path = "mine.npy"
    del config.data.layout
    OmegaConf.save(config, run.folder / ".hydra" / "config.yaml")
    assert cli(str(run.folder), "data.path=mine.npy", module="evaluate").exit_code == 0
    resumed = cli(f"resume={run.folder}", "trainer.epochs=3", f"hydra.run.dir={run.folder}")
    assert resumed.exit_code == 0, resumed.err


@pytest.mark.long
def test_a_path_in_a_recipe_of_the_users_own_resumes_too(cli, here, monkeypatch):
    (here / "my_conf" / "experiment").mkdir(parents=True)
    recipe = "# @package _global_\ndefaults: [{override /data: array}]\ndata: {path: mine.npy}\n"
    (here / "my_conf" / "experiment" / "own.yaml").write_text(recipe)
    mine = ["--config-dir", str(here / "my_conf")]
    run = cli(*mine, "experiment=own", *SHORT)
    assert run.exit_code == 0, run.err
    elsewhere(here, monkeypatch)
    where = f"hydra.run.dir={run.folder}"
    resumed = cli(*mine, f"resume={run.folder}", "trainer.epochs=3", where)
    assert resumed.exit_code == 0, resumed.err


@pytest.mark.long
def test_a_sweep_goes_on_from_another_folder(cli, here, monkeypatch):
    sweep = here / "sweep"
    words = ["-m", "data=array", *SHORT, "data.path=mine.npy,'it\\'s, odd.npy'"]
    run = cli(*words, f"hydra.sweep.dir={sweep}")
    assert run.exit_code == 0, run.err
    (sweep / "1" / "summary.json").unlink()
    elsewhere(here, monkeypatch)
    resumed = cli("-m", f"sweep.resume={sweep}")
    assert resumed.exit_code == 0, resumed.err
    assert summary(sweep / "1")["status"] == "finished"
    assert "finished already" in resumed.out
    paths = [OmegaConf.load(sweep / job / ".hydra" / "config.yaml").data.path for job in "01"]
    assert paths == [str(here / "mine.npy"), str(here / "it's, odd.npy")]
