"""``hydra/launcher=vmap``: seeds trained as one model, and what each of them leaves."""

import itertools
import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.sweeps.test_launchers import TINY, run, summaries
from vae_exp.runs.compose_job import compose_job
from vae_exp.runtime.random_stream import RandomStream
from vae_exp.storage import checkpoint
from vae_exp.sweeps.together import Begun, share_out, train_together
from vae_exp.training.ensemble import Ensemble

VMAP = ["-m", "hydra/launcher=vmap", "hydra.sweep.dir=outputs/sweeps/a/b"]


def test_jobs_are_shared_out_by_all_but_their_seed():
    jobs = [
        (n, [f"seed={seed}", f"z_dim={z}"])
        for n, (z, seed) in enumerate((z, seed) for z in (2, 3) for seed in range(3))
    ]
    assert share_out(jobs, 1) == share_out(jobs, 2) == [jobs[:3], jobs[3:]]
    assert share_out(jobs, 4) == [jobs[:2], jobs[2:3], jobs[3:5], jobs[5:]]
    assert share_out(jobs[:3], 8) == [[job] for job in jobs[:3]]


@pytest.mark.fault
@pytest.mark.parametrize("fails", ["log", "save"])
def test_a_job_whose_folder_is_gone_leaves_the_others_to_their_end(tmp_path, caplog, fails):
    words = [*TINY, "trainer.checkpoint_every=0", "trainer.log_every=4"]
    jobs = [compose_job([*words, f"seed={n}"], tmp_path, n, {"seed"}, "sweep") for n in range(3)]
    begun = [Begun(job, RandomStream(job.experiment.data.device)) for job in jobs]
    calls, done = itertools.count(1), getattr(jobs[1].folder, fails)

    def remove_at_the_third(what):
        if next(calls) == 3:
            shutil.rmtree(jobs[1].folder.path)
        return done(what)

    setattr(jobs[1].folder, fails, remove_at_the_third)
    train_together(begun)
    assert "job 1: FileNotFoundError: " in caplog.text and "it goes on alone" in caplog.text
    assert not (tmp_path / "1").exists()
    for number in ("0", "2"):
        state = checkpoint.load(tmp_path / number / "checkpoints" / "last.pt")
        lines = (tmp_path / number / "metrics.jsonl").read_text().splitlines()
        assert (state["training"]["step"], len(lines)) == (20, 8)


@pytest.mark.long
@pytest.mark.fault
def test_what_breaks_the_stacked_model_has_the_seeds_go_on_alone(cli, tmp_path, monkeypatch):
    def break_in_training(ensemble, stop):
        raise RuntimeError("out of memory")
        yield

    monkeypatch.setattr(Ensemble, "fit", break_in_training)
    done = cli(*VMAP, "seed=0,1", "hydra.launcher.n_jobs=1", *TINY)
    assert done.exit_code == 0
    assert "RuntimeError: out of memory; the jobs go on alone, from their last" in done.out
    assert {job["status"] for job in summaries(tmp_path).values()} == {"finished"}


@pytest.mark.long
def test_seeds_together_are_the_runs_they_are_alone(cli, tmp_path):
    done = run(tmp_path, *VMAP, "decoder=bernoulli", "seed=range(0,4)", *TINY, WANDB_MODE="offline")
    assert (done.returncode, done.stderr) == (0, "")
    jobs = summaries(tmp_path)
    assert {job["status"] for job in jobs.values()} == {"finished"}
    alone = cli(*TINY, "decoder=bernoulli", "seed=3", f"threads={jobs['3']['threads']}")
    for metric in ("test/elbo", "test/log_likelihood", "val/best_elbo", "train/loss"):
        assert jobs["3"][metric] == pytest.approx(alone.summary[metric], rel=1e-4)
    folder = tmp_path / "outputs" / "sweeps" / "a" / "b" / "3"
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [r.get("step") for r in records] == [r.get("step") for r in alone.metrics]
    wandb = [file.read_bytes() for file in tmp_path.glob("outputs/wandb/offline-run-*/*.wandb")]
    for seed in range(4):
        assert sum(f"seed={seed}".encode() in one and b"train/loss" in one for one in wandb) == 1


@pytest.mark.long
@pytest.mark.bad_input
def test_what_cannot_be_trained_together_is_refused_in_one_line(tmp_path):
    done = run(tmp_path, *VMAP, "seed=0,1", "network.dropout=0.5", "hydra.launcher.n_jobs=1", *TINY)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("vae_exp: hydra/launcher: expected parallel, got")
    assert not summaries(tmp_path)


@pytest.mark.long
@pytest.mark.bad_input
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_job_that_is_refused_leaves_the_others_alone(tmp_path, n_jobs):
    words = ["decoder=beta,bernoulli", "seed=0,1,-1", f"hydra.launcher.n_jobs={n_jobs}", *TINY]
    done = run(tmp_path, *VMAP, *words)
    assert done.returncode == 2
    assert "of 6 jobs 4 refused, 2 finished" in done.stdout + done.stderr
    assert {job["status"] for job in summaries(tmp_path).values()} == {"finished"}
    assert len(summaries(tmp_path)) == 2


@pytest.mark.long
@pytest.mark.kill
def test_a_sweep_that_is_stopped_goes_on(tmp_path):
    words = [*VMAP, "seed=0,1,2", "wandb.mode=disabled", *TINY, "trainer.log_every=1"]
    command = [sys.executable, "-m", "vae_exp.run", *words, "trainer.epochs=3000"]
    sweep = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    files = tmp_path / "outputs" / "sweeps" / "a" / "b"
    deadline = time.monotonic() + 100
    while not (begun := list(files.glob("*/metrics.jsonl"))) or not all(
        file.stat().st_size for file in begun
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    sweep.terminate()
    _, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 128 + signal.SIGTERM
    assert b"sweep.resume=" in err
    steps = {file.parent.name: len(file.read_text().splitlines()) for file in begun}
    longest = max(steps.values()) // 11 + 2
    done = run(tmp_path, *words, "sweep.resume=true", f"trainer.epochs={longest}")
    assert (done.returncode, done.stderr) == (0, "")
    jobs = summaries(tmp_path)
    assert {job["step"] for job in jobs.values()} == {10 * longest}
    assert {job["status"] for job in jobs.values()} == {"finished"}
