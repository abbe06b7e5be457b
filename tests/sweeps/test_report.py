"""How sweeps end: with a table and an exit code, whatever became of their jobs, and go on."""

import csv
import math
import os
import re
import shlex
import signal
import statistics
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from tests.program import TINY, run, start, summaries, told, wait_for
from vae_exp.configuration.compose import compose
from vae_exp.configuration.overrides import quoted
from vae_exp.sweeps.sweep import Sweep, expand

SWEEP = ["-m", "hydra.sweep.dir=sweep"]
ENDLESS = [word for word in TINY if not word.startswith("trainer.epochs")]


def means(folder):
    """The mean log-likelihood and its standard error by z_dim, from compare.csv."""
    rows = csv.DictReader((folder / "compare.csv").read_text().splitlines())
    names = ("test/log_likelihood mean", "test/log_likelihood stderr", "runs")
    return {row["z_dim"]: [row[name] for name in names] for row in rows if row[names[0]]}


def test_the_table_is_of_the_jobs_that_finished(tmp_path):
    words = ["z_dim=2,3", "seed=range(0,2)", "optimizer.lr=1e-3", *TINY]
    broken = "objective.beta=1,1e38"  # the gradient overflows
    code, out, err = run(tmp_path, *SWEEP, *words, broken, "trainer.max_bad_steps=3")
    assert code == 1
    jobs = summaries(tmp_path / "sweep")
    assert sorted(jobs) == list(range(8))
    finished = [job for job, summary in jobs.items() if summary["status"] == "finished"]
    assert sorted(finished) == list(range(0, 8, 2))
    table = means(tmp_path / "sweep")
    printed = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+) ± ([\d.]+)", out)]
    for z_dim, numbers in {"2": (0, 2), "3": (4, 6)}.items():
        values = [jobs[number]["test/log_likelihood"] for number in numbers]
        error = statistics.stdev(values) / math.sqrt(2)
        mean, stderr, runs = map(float, table[z_dim])
        assert runs == 2
        assert (mean, stderr) == pytest.approx((statistics.fmean(values), error))
        assert any((mean, stderr) == pytest.approx(shown, abs=0.5) for shown in printed)
    assert (tmp_path / "sweep" / "compare.html").exists()
    assert (tmp_path / "sweep" / "compare.json").exists()
    failures = [line for line in told(err) if line.startswith("vae_exp: job")]
    assert len(failures) == 4
    assert "job 1 (z_dim=2 seed=0 objective.beta=1e+38) failed: FloatingPointError" in failures[0]
    assert "of 8 jobs" in told(err)[-1] and "sweep.resume=sweep" in told(err)[-1]
    assert "Error executing job" not in err


@pytest.mark.kill
@pytest.mark.parametrize("launcher", ["basic", pytest.param("parallel", marks=pytest.mark.long)])
def test_after_sigkill_the_same_command_runs_only_what_is_missing(
    tmp_path, launcher, record_property
):
    record_property("records_lost", 0)
    words = ["-m", f"hydra/launcher={launcher}", "seed=range(0,3)", *TINY, "trainer.log_every=1"]
    words += ["trainer.checkpoint_every=0"]
    code, _, err = run(tmp_path, *words, "hydra.sweep.dir=whole")
    assert (code, err) == (0, "")

    place = tmp_path / "outputs" / "sweeps"
    process = start(tmp_path, *words)
    wait_for(lambda: list(place.glob("*/*/[12]/checkpoints/last.pt")), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (sweep,) = place.glob("*/*")
    before = {job: os.stat(sweep / str(job) / "summary.json").st_mtime for job in summaries(sweep)}
    assert len(before) < 3

    code, _, err = run(tmp_path, *words, "sweep.resume=true")
    assert (code, err) == (0, "")
    assert [folder for folder in place.glob("*/*")] == [sweep]
    for job, moment in before.items():
        assert os.stat(sweep / str(job) / "summary.json").st_mtime == moment
    whole = summaries(tmp_path / "whole")
    for job, summary in summaries(sweep).items():
        for name in ("test/log_likelihood", "test/elbo", "train/loss"):
            assert summary[name] == whole[job][name]


@pytest.mark.long
@pytest.mark.kill
def test_a_worker_that_is_killed_ends_a_parallel_sweep_with_what_there_is(tmp_path):
    words = ["hydra/launcher=parallel", "hydra.launcher.n_jobs=2", "trainer.epochs=2,100000"]
    process = start(tmp_path, *SWEEP, *words, *ENDLESS)
    wait_for((tmp_path / "sweep" / "0" / "summary.json").exists, process)
    wait_for((tmp_path / "sweep" / "1" / "metrics.jsonl").exists, process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        if "LokyProcess" in Path(f"/proc/{child}/cmdline").read_text():
            os.kill(int(child), signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "TerminatedWorkerError" in told(err)[0]
    assert "of 2 jobs 1 finished, 1 unfinished" in told(err)[-1]
    assert "likelihood" in out  # a header that may be in two lines, by what the numbers need


@pytest.mark.kill
# the processes of joblib take long to begin; that they work is tried in test_launchers.py
@pytest.mark.parametrize("launcher", ["basic", pytest.param("parallel", marks=pytest.mark.long)])
def test_ctrl_c_ends_a_sweep_with_checkpoints_and_a_table(tmp_path, launcher):
    own = [f"hydra/launcher={launcher}", "trainer.checkpoint_every=1000"]
    process = start(tmp_path, *SWEEP, *own, "trainer.epochs=2,100000,200000", *ENDLESS)
    job = tmp_path / "sweep" / "1"
    wait_for(lambda: len(summaries(tmp_path / "sweep")) == 1, process)
    wait_for((job / "metrics.jsonl").exists, process)
    wait_for(lambda: (job / "metrics.jsonl").stat().st_size > 5000, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told(err)[-1] == "vae_exp: interrupted; what was written stays"
    assert "of 3 jobs" in told(err)[-2] and "preempted" in told(err)[-2]
    assert "likelihood" in out and "Traceback" not in err
    assert summaries(tmp_path / "sweep")[1]["status"] == "preempted"
    assert (job / "checkpoints" / "previous.pt").exists()  # the first, and one for the signal


def test_a_sweep_goes_on_by_its_folder_alone(tmp_path):
    words = ["decoder=bernoulli", "z_dim=2,0", *TINY]
    assert run(tmp_path, *SWEEP, *words)[0] == 2
    code, out, err = run(tmp_path, "-m", "sweep.resume=sweep", "z_dim=2,3")
    assert (code, err) == (0, "")
    assert "finished already" in out
    jobs = summaries(tmp_path / "sweep")
    assert [jobs[job]["status"] for job in (0, 1)] == ["finished", "finished"]
    assert Sweep(tmp_path / "sweep").jobs == {0: ["z_dim=2"], 1: ["z_dim=3"]}


@pytest.mark.long
@pytest.mark.fault
def test_a_sweep_that_does_not_read_leaves_another_alone(cli, tmp_path):
    words = ["-m", "decoder=bernoulli", "z_dim=2,3", *TINY]
    assert cli(*words).exit_code == 0
    day = tmp_path / "outputs" / "sweeps" / "2999-01-01"
    for time, text in {"damaged": "{", "of no command": "hydra: {}"}.items():
        (day / time).mkdir(parents=True)
        (day / time / "multirun.yaml").write_text(text)
    (day / "a folder" / "multirun.yaml").mkdir(parents=True)
    done = cli(*words, "sweep.resume=true")
    assert (done.exit_code, done.out.count("finished already")) == (0, 2)
    assert sum(line.endswith("; passed over") for line in told(done.err)) == 3, done.err


def test_the_command_that_is_printed_goes_on(cli, tmp_path):
    folder = tmp_path / "k=1, it's (1)"
    words = ["-m", "decoder=bernoulli", *TINY, f"hydra.sweep.dir={quoted(folder)}"]
    refused = cli(*words, "z_dim=2,0")
    assert refused.exit_code == 2
    (command,) = re.findall(r"python -m vae_exp.run (.*) runs those again", refused.err)
    done = cli(*shlex.split(command), "z_dim=2,3")
    assert (done.exit_code, done.err) == (0, ""), command
    assert [summaries(folder)[job]["status"] for job in (0, 1)] == ["finished", "finished"]
    again = cli(*words, "z_dim=2,3")
    assert (again.exit_code, "expected a folder without a sweep" in again.err) == (2, True)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sweep.resume=true", "seed=0,1"], "expected a sweep in outputs/sweeps that was started"),
        (["sweep.resume=nowhere"], "got nowhere: no such folder"),
        (["sweep.resume=."], "got .: no multirun.yaml in it"),
    ],
)
def test_what_there_is_not_cannot_go_on(tmp_path, words, expected):
    code, _, err = run(tmp_path, "-m", *words)
    (line,) = err.splitlines()
    assert (code, expected in line) == (2, True)
    assert not (tmp_path / "outputs").exists()


@pytest.mark.bad_input
def test_a_sweep_does_not_begin_in_the_folder_of_another(tmp_path):
    assert run(tmp_path, *SWEEP, "decoder=bernoulli", "z_dim=2,3", *TINY)[0] == 0
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "sweep").rglob("*") if p.is_file()}
    for words in (["z_dim=2,3"], ["seed=1,2", "resume=auto"]):
        code, _, err = run(tmp_path, *SWEEP, "decoder=bernoulli", *words, *TINY)
        (line,) = err.splitlines()
        assert code == 2
        assert "hydra.sweep.dir: expected a folder without a sweep, got sweep, which has" in line
        assert "sweep.resume=true goes on with it" in line
    assert files == {p: p.stat().st_mtime_ns for p in files}
    assert (
        run(tmp_path, *SWEEP, "decoder=bernoulli", "z_dim=2,3", *TINY, "sweep.resume=true")[0] == 0
    )


@pytest.mark.bad_input
def test_a_sweep_of_options_that_do_not_exist_is_refused_as_a_whole(tmp_path):
    code, _, err = run(tmp_path, *SWEEP, "decoder=gaussian,foo")
    assert (code, err.count("\n")) == (2, 1)
    assert "decoder: expected one of" in err


@pytest.mark.parametrize(
    ("recipe", "jobs"),
    [
        ("sweep/which_kl", 20),
        ("sweep/which_likelihood", 15),
        ("sweep/rate_distortion", 21),
        ("sweep/posterior_collapse", 18),
        ("sweep/disentanglement", 15),
    ],
)
def test_recipes_of_sweeps_compose_into_their_jobs(tmp_path, recipe, jobs):
    (tmp_path / "multirun.yaml").write_text(
        "hydra:\n  overrides: {task: [], hydra: []}\n  sweeper: {params: null}\n"
    )
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir

    from vae_exp.configuration.compose import conf_dir
    from vae_exp.configuration.overrides import parse_overrides
    from vae_exp.sweeps.sweep import sweep_words

    with initialize_config_dir(conf_dir(), version_base="1.3"):
        config = hydra_compose("config", [f"experiment={recipe}"], return_hydra_config=True).hydra
        words = expand(parse_overrides(sweep_words(OmegaConf.to_container(config))))
    assert len(words) == jobs
    for chosen in {tuple(word for word in job if not word.startswith("seed=")) for job in words}:
        compose(*chosen)
