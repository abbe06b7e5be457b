"""Sweeps on Slurm and on Ray: submitit's local executor, and real clusters of one machine."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.program import TINY, run, start, summaries, told, wait_for

SWEEP = ["-m", "z_dim=0,2", "seed=0,1", "hydra.sweep.dir=sweep", *TINY]
ONE_CORE = ["hydra.launcher.cpus_per_task=1", "hydra.launcher.mem_gb=1"]


def assert_swept(folder, code, out, err):
    """Two jobs of that sweep were refused, and two have finished, as they do without a cluster."""
    assert code == 2, err
    jobs = summaries(folder / "sweep")
    assert {job: summary["status"] for job, summary in jobs.items()} == {
        2: "finished",
        3: "finished",
    }
    refused = [line for line in told(err) if "refused: z_dim: expected a positive" in line]
    assert [line.split(" (")[0] for line in refused] == ["vae_exp: job 0", "vae_exp: job 1"]
    assert "of 4 jobs 2 refused, 2 finished" in told(err)[-1]
    assert (folder / "sweep" / "compare.csv").exists() and "log_likelihood" in out
    threads = {summary["threads"] for summary in jobs.values()}
    alone = ["z_dim=2", "seed=1", "hydra.run.dir=alone", f"threads={threads.pop()}"]
    assert run(folder, *TINY, *alone)[0] == 0
    summary = json.loads((folder / "alone" / "summary.json").read_text())
    assert summary["test/log_likelihood"] == jobs[3]["test/log_likelihood"]


@pytest.mark.long
def test_jobs_of_submitit_are_the_runs_they_are_alone(tmp_path):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    assert_swept(tmp_path, *run(tmp_path, *SWEEP, "hydra/launcher=submitit_local"))


@pytest.mark.long
@pytest.mark.kill
def test_a_job_of_submitit_that_is_killed_leaves_the_others_alone(tmp_path):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    words = [*SWEEP[:1], "trainer.epochs=100000,3", *SWEEP[3:4], *TINY[1:]]
    process = start(tmp_path, *words, "hydra/launcher=submitit_local")
    wait_for((tmp_path / "sweep" / "0" / "metrics.jsonl").exists, process)
    wait_for((tmp_path / "sweep" / "1" / "summary.json").exists, process)
    subprocess.run(["pkill", "-KILL", "-f", f"submitit.core._submit {tmp_path}"], check=True)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "of 2 jobs" in told(err)[-1] and "1 finished" in told(err)[-1]
    assert "1 unfinished" in told(err)[-1]


def slurm_is_there():
    if not shutil.which("sinfo"):
        return False
    state = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, timeout=20)
    return bool({"idle", "mixed"} & set(state.stdout.split()))


needs_slurm = pytest.mark.skipif(not slurm_is_there(), reason="no Slurm here; see .ci/slurm")


@needs_slurm
@pytest.mark.long
def test_jobs_on_slurm_are_the_runs_they_are_alone(tmp_path):
    assert_swept(tmp_path, *run(tmp_path, *SWEEP, "hydra/launcher=slurm", *ONE_CORE))


@needs_slurm
@pytest.mark.long
@pytest.mark.kill
def test_a_job_whose_time_is_up_is_queued_again_and_goes_on(tmp_path):
    words = ["-m", "seed=0", "trainer.epochs=6000", "trainer.checkpoint_every=1000", *TINY[1:]]
    limits = ["hydra.launcher.timeout_min=1", "hydra.launcher.signal_delay_s=30"]
    process = start(
        tmp_path, *words, "hydra.sweep.dir=sweep", "hydra/launcher=slurm", *ONE_CORE, *limits
    )
    _, err = process.communicate(timeout=1500)
    assert process.returncode == 0, err
    (job,) = summaries(tmp_path / "sweep").values()
    assert (job["status"], job["epoch"]) == ("finished", 6000)
    assert "resuming after step" in (tmp_path / "sweep" / "0" / "run.log").read_text()


@pytest.fixture
def ray_cluster(tmp_path):
    """A head of its own, on another port than a cluster of the user's would have."""
    pytest.importorskip("ray")
    ray = [sys.executable, "-m", "ray.scripts.scripts"]
    folder = Path("/tmp") / f"ray_{os.getpid()}"  # a longer path is too long for its sockets
    head = ["--head", "--port=6399", "--num-cpus=2", "--include-dashboard=false"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    clean |= {"HOME": str(tmp_path)}  # where it leaves the token that others must show
    started = subprocess.run(
        [*ray, "start", *head, "--disable-usage-stats", f"--temp-dir={folder}"],
        env=clean,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert started.returncode == 0, started.stdout + started.stderr
    yield "127.0.0.1:6399"
    subprocess.run([*ray, "stop", "--force"], capture_output=True, timeout=120)
    time.sleep(1)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.long
def test_jobs_on_a_running_ray_cluster_are_the_runs_they_are_alone(tmp_path, ray_cluster):
    words = ["hydra/launcher=ray_cluster", f"hydra.launcher.ray.init.address={ray_cluster}"]
    assert_swept(tmp_path, *run(tmp_path, *SWEEP, *words))
