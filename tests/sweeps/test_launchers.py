"""Sweeps whose jobs run side by side, and how many threads each of them has."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch
from hydra import initialize_config_dir
from joblib import cpu_count
from omegaconf import OmegaConf

from vae_exp.configuration.compose import conf_dir
from vae_exp.experiment import set_threads
from vae_exp.sweeps.resolvers import jobs_at_once

TINY = [
    *("trainer.epochs=2", "evaluation.importance_samples=8", "evaluation.probe=false"),
    *("network.hidden=[32]", "plots.names=[]"),
]
PARALLEL = ["-m", "hydra/launcher=parallel", "hydra.sweep.dir=outputs/sweeps/a/b"]


def run(folder, *arguments, **environment):
    """Run the program in a process of its own, whose workers then end with it."""
    ours = ("WANDB_", "HYDRA_", "OMP_", "MKL_", "VAE_EXP_")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    home = {"HOME": str(folder), "NETRC": str(folder / "netrc")}
    command = [sys.executable, "-m", "vae_exp.run", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**clean, **home, **environment}
    )


def summaries(folder):
    files = folder.glob("outputs/sweeps/a/b/*/summary.json")
    return {file.parent.name: json.loads(file.read_text()) for file in files}


@pytest.fixture
def same_threads_afterwards():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_jobs_side_by_side_are_the_runs_they_are_alone(cli, tmp_path, same_threads_afterwards):
    words = [*PARALLEL, "decoder=gaussian,bernoulli", "seed=1", *TINY]
    done = run(tmp_path, *words, WANDB_MODE="offline")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for line in done.stdout.splitlines() if "step 20/20" in line]
    assert sorted(line.partition(":")[0] for line in lines) == ["job 0", "job 1"]
    own = (tmp_path / "outputs" / "sweeps" / "a" / "b" / "1" / "run.log").read_text()
    assert "step 20/20" in own and "job" not in own
    jobs = summaries(tmp_path)
    assert sorted(jobs) == ["0", "1"]
    assert {job["status"] for job in jobs.values()} == {"finished"}
    assert {job["threads"] for job in jobs.values()} == {max(1, cpu_count() // 2)}
    assert len({job["test/elbo"] for job in jobs.values()}) == 2
    sweep = tmp_path / "outputs" / "sweeps" / "a" / "b"
    compared = {"compare.csv", "compare.html", "compare.json"}
    assert {path.name for path in sweep.iterdir()} == {*jobs, *compared, "multirun.yaml"}

    wandb = [file.read_bytes() for file in tmp_path.glob("outputs/wandb/offline-run-*/*.wandb")]
    assert len(wandb) == 2
    for decoder in ("gaussian", "bernoulli"):
        name = re.compile(rf"decoder={decoder}(?!,)".encode())  # not the sweep's command line
        assert sum(bool(name.search(record)) and b"a/b" in record for record in wandb) == 1

    alone = cli(*TINY, "decoder=bernoulli", "seed=1", f"threads={jobs['1']['threads']}")
    for metric in ("test/elbo", "test/log_likelihood", "val/best_elbo", "train/loss"):
        assert alone.summary[metric] == jobs["1"][metric]


@pytest.mark.long
def test_a_job_that_fails_leaves_the_others_alone(tmp_path):
    done = run(tmp_path, *PARALLEL, "z_dim=0,2,3", *TINY, WANDB_MODE="disabled")
    assert done.returncode == 2
    told, job, sweep = done.stderr.splitlines()
    assert told == "vae_exp: z_dim: expected a positive number, got 0"
    assert job == "vae_exp: job 0 (z_dim=0) refused: z_dim: expected a positive number, got 0"
    assert "of 3 jobs 2 finished, 1 refused" in sweep
    jobs = summaries(tmp_path)
    assert {name: job["status"] for name, job in jobs.items()} == {"1": "finished", "2": "finished"}


@pytest.mark.long
@pytest.mark.kill
def test_a_sweep_that_is_stopped_takes_its_jobs_with_it(tmp_path):
    words = [*PARALLEL, "trainer.epochs=100000", "seed=0,1,2", "wandb.mode=disabled"]
    command = [sys.executable, "-m", "vae_exp.run", *words]
    sweep = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    begun = "outputs/sweeps/a/b/*/metrics.jsonl"
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(begun)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    sweep.terminate()
    _, err = sweep.communicate(timeout=30)  # standard error stays open as long as a worker lives
    assert sweep.returncode == 128 + signal.SIGTERM
    jobs, last = err.splitlines()
    assert b"of 3 jobs" in jobs and b"sweep.resume=" in jobs
    assert last == b"vae_exp: interrupted; what was written stays"


@pytest.mark.bad_input
@pytest.mark.parametrize("launcher", ["parallel", "joblib"])
def test_without_the_plugin_one_line_names_it(tmp_path, launcher):
    (tmp_path / "hydra_plugins").mkdir()
    (tmp_path / "hydra_plugins" / "__init__.py").touch()  # goes before the plugin's namespace
    words = ["-m", f"hydra/launcher={launcher}", "seed=0,1"]
    done = run(tmp_path, *words, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith("pip install hydra-joblib-launcher")


@pytest.mark.parametrize(
    ("overrides", "params", "jobs"),
    [
        (["seed=3"], {}, 1),
        (["decoder=gaussian,laplace", "seed=range(0,100)"], {}, 200),
        ([], {"seed": "0,1"}, 2),
        (["optimizer.lr=interval(0,1)"], {}, 1000),  # as many as the sweeper likes
    ],
)
def test_there_are_no_more_processes_than_jobs_or_cores(overrides, params, jobs):
    hydra = {"sweeper": {"params": params}, "overrides": {"task": overrides}}
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        assert jobs_at_once(OmegaConf.create({"hydra": hydra})) == min(jobs, cpu_count())


def test_joblib_is_kept_from_overruling_the_users_threads(cli, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MKL_NUM_THREADS", "")  # so that it is put back
    monkeypatch.delenv("MKL_NUM_THREADS")
    assert cli("--cfg", "job").exit_code == 0
    assert os.environ["MKL_NUM_THREADS"] == "3"


def test_threads_are_those_asked_for(same_threads_afterwards):
    set_threads(3)
    assert torch.get_num_threads() == 3
    set_threads("auto")
    assert torch.get_num_threads() == 3


@pytest.mark.bad_input
@pytest.mark.parametrize("threads", ["0", "-1", "1.5", "true", "many", "null"])
def test_threads_that_are_none_are_refused(cli, threads):
    result = cli(*TINY, f"threads={threads}")
    assert result.exit_code == 2
    (line,) = result.err.splitlines()
    assert line.startswith("vae_exp: threads: expected auto or a number from 1 to 1024, got ")
