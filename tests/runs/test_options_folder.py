"""A run with options of the user's own: how it goes on, and how it is run again."""

import json
import os
import signal
import time

import pytest
from omegaconf import OmegaConf

from tests.forked import Forked

SHORT = ("trainer.epochs=2", "network.hidden=[8]", "plots.names=[]", "evaluation.probe=false")
OWN = ("decoder=own", *SHORT)


@pytest.fixture
def options(tmp_path):
    folder = tmp_path / "my conf"
    (folder / "decoder").mkdir(parents=True)
    decoder = "defaults: [laplace]\nscale: fixed\nscale_value: 0.5\n"
    (folder / "decoder" / "own.yaml").write_text(decoder)
    return str(folder)


@pytest.fixture
def run(cli, options):
    found = cli("--config-dir", options, *OWN)
    assert found.exit_code == 0, found.err
    return found.folder


@pytest.mark.bad_input
def test_a_run_that_goes_on_is_told_where_its_options_are(cli, run, options):
    refused = cli(f"resume={run}", "trainer.epochs=3")
    assert (refused.exit_code, refused.err.count("\n")) == (2, 1)
    assert f"resume: expected --config-dir '{options}' again" in refused.err
    more = ("trainer.epochs=3", f"hydra.run.dir={run}")
    again = cli("--config-dir", options, f"resume={run}", *more)
    assert again.exit_code == 0, again.err


def test_a_folder_without_hydras_part_goes_on(cli, options, run):
    (run / ".hydra" / "hydra.yaml").unlink()
    words = ("trainer.epochs=3", f"hydra.run.dir={run}")
    again = cli("--config-dir", options, f"resume={run}", *words)
    assert again.exit_code == 0, again.err


@pytest.mark.long
@pytest.mark.bad_input
def test_so_is_a_sweep(cli, options, tmp_path):
    sweep = tmp_path / "sweep"
    words = ("-m", *OWN, "optimizer.lr=1e-3,-1", f"hydra.sweep.dir={sweep}")
    found = cli("--config-dir", options, *words)
    assert f"vae_exp.run -m --config-dir '{options}' sweep.resume={sweep} runs those" in found.err
    refused = cli("-m", f"sweep.resume={sweep}")
    assert (refused.exit_code, refused.err.count("\n")) == (2, 1)
    assert f"sweep.resume: expected --config-dir '{options}' again" in refused.err


def test_an_interrupted_run_says_the_whole_command(options, tmp_path):
    folder = tmp_path / "run"
    words = ["--config-dir", options, *OWN, "trainer.epochs=100000", f"hydra.run.dir={folder}"]
    process = Forked(tmp_path, words, {**os.environ, "WANDB_MODE": "disabled"})
    metrics = folder / "metrics.jsonl"
    while process.poll() is None and not (metrics.exists() and metrics.stat().st_size):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert f"python -m vae_exp.run --config-dir '{options}' resume={folder} goes on" in err


@pytest.mark.bad_input
def test_the_folder_of_a_run_is_none_of_options_and_runs_again(cli, run, options, tmp_path):
    cli("--config-dir", options, f"resume={run}", "trainer.epochs=3", f"hydra.run.dir={run}")
    kept = run / ".hydra"
    assert OmegaConf.load(kept / "config.yaml").resume is None
    assert "resume" not in (kept / "overrides.yaml").read_text()
    refused = cli("--config-dir", str(kept), f"hydra.run.dir={tmp_path / 'again'}")
    assert (refused.exit_code, refused.err.count("\n")) == (2, 1)
    assert "with a config.yaml, which would not be looked at; --config-path" in refused.err
    again = cli("--config-path", str(kept), f"hydra.run.dir={tmp_path / 'again'}")
    assert again.exit_code == 0, again.err
    numbers = [json.loads((f / "summary.json").read_text()) for f in (run, tmp_path / "again")]
    assert numbers[0]["test/elbo"] == numbers[1]["test/elbo"]
