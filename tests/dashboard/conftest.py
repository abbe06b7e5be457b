"""The folder of a sweep, made by writing its files, and the command in this process."""

import json
import os
import sys

import pytest

from tests.comparison.conftest import MASS, make_run

pytest.importorskip("wandb_workspaces")


@pytest.fixture(scope="session")
def sweep(tmp_path_factory):
    """A sweep over β, two seeds each, begun where it is no more; look but do not touch."""
    folder = tmp_path_factory.mktemp("sweep") / "moved" / "12-00-00"
    for number, (beta, seed) in enumerate((b, s) for b in (0.5, 4) for s in (0, 1)):
        summary = MASS | {"test/log_likelihood": -90 - beta - seed, "val/selected_elbo": -91 - beta}
        words = ["decoder=bernoulli", f"objective.beta={beta}", f"seed={seed}"]
        make_run(folder / str(number), *words, summary=summary)
    (folder / "multirun.yaml").write_text(multirun("/elsewhere/sweeps/2026-01-31/12-00-00"))
    return folder


def multirun(path):
    """What Hydra leaves of a sweep that was begun in this folder."""
    words = {"task": ["objective.beta=0.5,4"], "hydra": [f"hydra.sweep.dir='{path}'"]}
    return json.dumps({"hydra": {"overrides": words}})


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run ``python -m vae_exp.workspace`` with these arguments in this process: code, out, err."""
    from vae_exp.workspace import main

    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["workspace", *map(str, arguments)])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capfd.readouterr()

    return call
