"""Shared fixtures: the command line in this process, and the options of each group."""

import functools
import gc
import importlib
import itertools
import json
import os
import pickle
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# tests run side by side, one process a core: threads of one would wait for the others' cores
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from filelock import FileLock
from omegaconf import DictConfig, OmegaConf

import tests.composing
import tests.seeding  # noqa: F401
from tests.forked import Forked
from vae_exp.configuration import compose as composing
from vae_exp.configuration.compose import conf_dir

CONF = Path(conf_dir())
# the files of conf/ stay as they are, so nothing needs to be composed twice, which takes a tenth
# of a second
compose = composing.compose
composed = functools.cache(lambda *overrides: pickle.dumps(compose(*overrides)))
composing.compose = lambda *overrides: pickle.loads(composed(*overrides))  # faster than a copy


def options(group: str) -> list[str]:
    """The options of a config group, as its folder has them."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def option_file(group: str, option: str) -> DictConfig:
    """What the option's own file has, where nothing needs to be composed."""
    return OmegaConf.load(CONF / group / f"{option}.yaml")


# what an option needs beside it, where the defaults do not fit it
POINCARE = ["encoder=wrapped_normal", "prior=wrapped_normal", "kl=monte_carlo"]
COUNTS, SEQUENCES = ["data=counts"], ["data=trajectories"]
TWO_LAYERS = ["encoder=two_layer", "encoder.lower_dim=2", "decoder.z_dim=2"]
LAYERS = ["encoder=hierarchical", "encoder.latents=[2,1,1]"]
BESIDE = {
    ("decoder", "beta"): ["data.dequantize=true"],
    ("decoder", "poisson"): COUNTS,
    ("decoder", "negative_binomial"): COUNTS,
    ("decoder", "mixed"): ["data=ppca"],
    ("decoder", "zero_inflated_negative_binomial"): COUNTS,
    ("data", "counts"): ["decoder=poisson"],
    ("data", "batch_counts"): ["decoder=poisson"],
    ("network", "gru"): SEQUENCES,
    ("network", "tcn"): SEQUENCES,
    ("encoder", "two_layer"): TWO_LAYERS[1:],
    ("prior", "two_layer"): TWO_LAYERS,
    ("encoder", "wrapped_normal"): POINCARE[1:],
    ("prior", "wrapped_normal"): POINCARE[:1],
    ("network", "geodesic"): ["network@encoder_network=mlp", *POINCARE],
    ("encoder", "bernoulli"): ["prior=uniform_bernoulli"],
    ("encoder", "categorical"): ["prior=uniform_categorical"],
    ("prior", "bernoulli"): ["encoder=bernoulli"],
    ("prior", "categorical"): ["encoder=categorical"],
    ("prior", "uniform_bernoulli"): ["encoder=bernoulli"],
    ("prior", "uniform_categorical"): ["encoder=categorical"],
    ("encoder", "von_mises_fisher"): ["prior=uniform_sphere"],
    ("encoder", "power_spherical"): ["prior=uniform_sphere"],
    ("prior", "uniform_sphere"): ["encoder=von_mises_fisher"],
    ("encoder", "fsq"): ["prior=uniform_levels", "z_dim=4"],
    ("prior", "uniform_levels"): ["encoder=fsq", "z_dim=4"],
    ("encoder", "hierarchical"): LAYERS[1:],
    ("prior", "hierarchical"): LAYERS,
    ("encoder", "sigmoid_belief"): [LAYERS[1], "prior=sigmoid_belief"],
    ("prior", "sigmoid_belief"): [LAYERS[1], "encoder=sigmoid_belief"],
    ("kl", "layerwise"): [*LAYERS, "prior=hierarchical"],
    ("prior", "vampprior"): ["prior.components=20"],
    ("prior", "conditional"): ["condition=labels"],
    ("condition", "columns"): ["data=batch_counts", "decoder=poisson"],
    ("condition", "semi_supervised"): ["data.labelled=100"],
}
ANY_PAIR = ("encoder", "prior", "objective")  # take an estimator for any posterior and prior


def beside(group: str, option: str) -> list[str]:
    """The overrides that let this option of a group be tried among the defaults."""
    kl = ["kl=monte_carlo"] if group in ANY_PAIR else []
    return [*kl, *BESIDE.get((group, option), [])]


def choices(*groups: str) -> list[list[str]]:
    """Each option of these groups, with what it needs beside it."""
    return [[f"{g}={o}", *beside(g, o)] for g in groups for o in options(g)]


def two_at_once(first, second) -> list[list[str]]:
    """Each of both, in as few configurations as the longer has: for what holds of a part whatever
    stands beside it.
    """
    return [[*a, *b] for a, b in itertools.zip_longest(first, second, fillvalue=[])]


def one_in(n: int, cases: Iterable) -> list:
    """Every n-th of these cases, for what is much alike; the others with -m long."""
    rows = [case if isinstance(case, tuple) else (case,) for case in cases]
    marks = ([] if number % n == 0 else pytest.mark.long for number in range(len(rows)))
    return [pytest.param(*row, marks=mark) for row, mark in zip(rows, marks)]


# modules whose tests share what takes long to make, or compose the same: a scope runs in one
# process, and begins first
SCOPES = {
    "tests/configuration/test_matrix.py": "matrix",
    "tests/test_catalogue.py": "matrix",
    "tests/sweeps/test_sweep.py": "sweep",
    "tests/sweeps/test_search.py": "search",
    "tests/distributed/test_distributed.py": "distributed",
    "tests/comparison/test_page.py": "page",
    "tests/test_ppca.py": "ppca",
    "tests/test_compress.py": "compress",
    "tests/evaluation/test_importance.py": "importance",
    "tests/tracking/test_online.py": "online",
    "tests/tracking/test_tracking.py": "tracking",
    "tests/runs/test_resume.py": "resume",
    "tests/test_reproduce.py": "recipes",
    "tests/runs/test_earlier_version.py": "recipes",
    "tests/configuration/test_conf.py": "recipes",
}


def pytest_collection_finish():
    """Half a million objects, most of them torch's, need not be looked through again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)  # with -p no:xdist there is none
def pytest_xdist_auto_num_workers(config):
    """Two more than there are cores, for some tests wait for servers and signals."""
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests go one by one to the process that is free, but for these modules."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return SCOPES.get(nodeid.partition("::")[0], nodeid)

    return Scheduler(config, log)


def pytest_terminal_summary(terminalreporter):
    """Count what the run was put through, beyond what passed and failed."""
    passed = terminalreporter.stats.get("passed", [])
    properties = [dict(report.user_properties) for report in passed]
    kills = sum(
        given.get("kills", 1)
        for report, given in zip(passed, properties)
        if "kill" in report.keywords
    )
    faults, bad_inputs, hostile = (
        sum(name in report.keywords for report in passed)
        for name in ("fault", "bad_input", "hostile")
    )
    for matrix in (given["matrix"] for given in properties if "matrix" in given):
        terminalreporter.write_line(matrix)
    if kills + faults + bad_inputs + hostile:
        lost = sum(given.get("records_lost", 0) for given in properties)
        terminalreporter.write_line(
            f"kills survived: {kills}, faults survived: {faults}, bad inputs refused: "
            f"{bad_inputs}, hostile folders: {hostile}, records lost: {lost}"
        )


@pytest.fixture(autouse=True)
def quiet_and_seeded(monkeypatch):
    """No W&B unless a test asks for it, and the same random numbers whatever ran before."""
    monkeypatch.setenv("WANDB_MODE", "disabled")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    torch.manual_seed(0)


@dataclass
class Result:
    """What a command line left behind."""

    exit_code: int
    out: str
    err: str
    folder: Path

    @property
    def summary(self) -> dict:
        return json.loads((self.folder / "summary.json").read_text())

    @property
    def metrics(self) -> list[dict]:
        return [
            json.loads(line) for line in (self.folder / "metrics.jsonl").read_text().splitlines()
        ]


@pytest.fixture
def cli(tmp_path, monkeypatch, capfd):
    """Run a command with these arguments in this process, from an empty working directory."""
    monkeypatch.chdir(tmp_path)
    runs = iter(range(1000))

    def call(*arguments: str, module: str = "run") -> Result:
        main = importlib.import_module(f"vae_exp.{module}").main
        folder = tmp_path / f"run{next(runs)}"
        resumed = [a for a in arguments if re.match("resume=(?!auto|null)", a)]
        chosen = [a for a in arguments if a.startswith("hydra.run.dir=")] + resumed
        needs_folder = module == "run" and not chosen and "-m" not in arguments
        own = [f"hydra.run.dir={folder}"] if needs_folder else []
        monkeypatch.setattr(sys, "argv", ["vae-exp", *arguments, *own])
        capfd.readouterr()
        try:
            main()
            exit_code = 0
        except SystemExit as stop:
            exit_code = stop.code or 0
        captured = capfd.readouterr()
        return Result(exit_code, captured.out, captured.err, folder)

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a short run, one for all processes; look but do not touch."""
    own = tmp_path_factory.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "trained"
    folder = place / "run"
    with FileLock(f"{place}.lock"):
        if not (folder / "summary.json").exists():
            place.mkdir()
            short = ["trainer.epochs=2", "evaluation.importance_samples=8", "network.hidden=[32]"]
            words = ["decoder=bernoulli", *short, f"hydra.run.dir={folder}", "wandb.mode=disabled"]
            assert Forked(place, words, dict(os.environ)).wait(timeout=120) == 0
    return folder


@pytest.fixture
def saved(trained, tmp_path):
    """A copy of that folder, to do anything with."""
    return Path(shutil.copytree(trained, tmp_path / "saved"))
