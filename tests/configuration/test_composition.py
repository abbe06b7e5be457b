"""What is composed once is what Hydra composes each time."""

import os

import hydra
import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import OmegaConf

from vae_exp.configuration.composition import keep_compositions


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Composes a small configuration of two options, counting how often that is done."""
    (tmp_path / "part").mkdir()
    (tmp_path / "config.yaml").write_text("defaults: [part: a, _self_]\nseed: 0\n")
    for name in "ab":
        (tmp_path / "part" / f"{name}.yaml").write_text(f"name: {name}\n")
    keep_compositions()

    def load(*words, mode=RunMode.RUN):
        loader = GlobalHydra.instance().config_loader()
        config = loader.load_configuration("config", list(words), mode)
        return OmegaConf.to_container(OmegaConf.masked_copy(config, ["seed", "part"]))

    with hydra.initialize_config_dir(str(tmp_path), version_base="1.3"):
        yield load


def change(file, text):
    file.write_text(text)
    os.utime(file, ns=(1, 1))  # whatever the clock of the disk


def test_values_are_those_of_the_command(load):
    assert load("seed=1") == {"seed": 1, "part": {"name": "a"}}
    assert load("seed=2") == {"seed": 2, "part": {"name": "a"}}
    assert load("part.name=x") == {"seed": 0, "part": {"name": "x"}}
    assert load() == {"seed": 0, "part": {"name": "a"}}


def test_options_are_those_of_the_command(load):
    assert [load(f"part={name}")["part"]["name"] for name in "abab"] == list("abab")
    for _ in range(2):  # what fails is not kept either
        with pytest.raises(HydraException, match="part/c"):
            load("part=c")
    with pytest.raises(HydraException, match="nix"):
        load("nix=1")


def test_the_same_options_are_put_together_once(load, monkeypatch):
    load("part=b", "seed=1")
    monkeypatch.setattr("pickle.dumps", None)  # called for what is new
    assert load("part=b", "seed=2")["seed"] == 2
    assert load("seed=3", "part=b")["seed"] == 3


def test_a_file_that_changes_is_read_again(load, tmp_path):
    assert load()["part"]["name"] == "a"
    change(tmp_path / "part" / "a.yaml", "name: changed\n")
    assert load()["part"]["name"] == "changed"
    (tmp_path / "part" / "a.yaml").unlink()
    with pytest.raises(HydraException, match="part/a"):
        load()


def test_a_configuration_is_nobody_elses(load):
    loader = GlobalHydra.instance().config_loader()
    assert isinstance(loader, ConfigLoaderImpl)
    one = loader.load_configuration("config", [], RunMode.RUN)
    one.part.name = "mine"
    assert load()["part"]["name"] == "a"
