"""A run that is stopped anywhere and goes on is the run that was never stopped, bit by bit."""

import errno
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
import torch

from tests.conftest import one_in
from tests.forked import Forked
from vae_exp.configuration.compose import compose
from vae_exp.configuration.folder_words import shell_word
from vae_exp.configuration.overrides import quoted
from vae_exp.experiment import build
from vae_exp.storage import checkpoint

QUICK = ["trainer.epochs=4", "network.hidden=[16]", "z_dim=3", "trainer.log_every=4"]
CHEAP = ["evaluation.importance_samples=4", "evaluation.probe=false", "plots.names=[]"]
CONFIGURATIONS = {
    "bits": ["decoder=bernoulli", "kl=schulman"],
    "running scale, cosine": ["decoder.scale=optimal", "scheduler=cosine"],
    "warm-up": ["objective.beta_schedule=cyclical", "objective.beta_steps=7"],
    "batch norm, dropout": ["network.normalization=batch", "network.dropout=0.2"],
    "momentum": ["optimizer=sgd", "optimizer.lr=1e-4", "scheduler=multistep"],
    "mixture": ["prior=mixture", "kl=monte_carlo", "objective.samples=2"],
    "early stopping": ["trainer.patience=1", "optimizer.lr=0", "decoder=laplace"],
    "steps": ["trainer.epochs=null", "trainer.max_steps=33"],
    "temperature": [
        *("encoder=categorical", "prior=categorical", "encoder.values=3"),
        *("encoder.temperature_schedule=linear", "encoder.temperature_steps=20"),
    ],
    "running average": [
        *("encoder=bernoulli", "prior=uniform_bernoulli", "encoder.gradient=score_function"),
    ],
    "warm-up of layers": [
        *("encoder=hierarchical", "prior=hierarchical", "encoder.latents=[2,1]", "z_dim=20"),
        *("encoder.inference=ladder", "kl=layerwise", "kl.beta_steps=[5,20]"),
    ],
}


def timeless(records):
    """Records without what a clock says."""
    clock = ("time/", "train/samples_per_second")
    return [{k: v for k, v in r.items() if not k.startswith(clock)} for r in records]


def digest(value):
    """A hash of tensors and plain values in any nesting."""
    if isinstance(value, torch.Tensor):
        return hashlib.sha256(value.numpy().tobytes()).hexdigest()
    if isinstance(value, dict):
        return {k: digest(v) for k, v in value.items() if k not in ("seconds", "seen", "id")}
    if isinstance(value, list | tuple):
        return [digest(v) for v in value]
    return value


def through_a_file(state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


# within an epoch, and after one or more; of each configuration one of the two, in turn, and both
# with -m long
STOPS = [
    pytest.param(name, stop, marks=[] if number % 2 == which else pytest.mark.long)
    for number, name in enumerate(CONFIGURATIONS)
    for which, stop in enumerate([4, 30] if name != "early stopping" else [3, 14])
]


@pytest.mark.parametrize(("name", "stop_after"), STOPS)
def test_stopping_after_any_step_changes_nothing(name, stop_after):
    cfg = compose(*QUICK, *CONFIGURATIONS[name])
    whole = build(cfg)
    expected = timeless(whole.train())
    last_step = expected[-1]["step"]
    first = build(cfg)
    records = timeless(first.train(stop=lambda: first.state.step >= stop_after))
    assert first.state.step == min(stop_after, last_step)
    state = through_a_file(first.state_dict())
    second = build(cfg)
    torch.manual_seed(99)  # whatever the new process did so far
    second.load_state_dict(state)
    records += timeless(second.train())
    assert records == expected
    assert digest(second.state_dict()) == digest(whole.state_dict())


def test_every_record_is_a_place_to_go_on_from():
    cfg = compose(*QUICK, "trainer.log_every=8", *CONFIGURATIONS["running scale, cosine"])
    whole = build(cfg)
    states, expected = [], []
    for record in whole.train():
        states.append(through_a_file(whole.state_dict()))
        expected.append(record)
    expected = timeless(expected)
    for number, state in enumerate(states):
        again = build(cfg)
        again.load_state_dict(state)
        assert timeless(again.train()) == expected[number + 1 :]
        assert digest(again.state_dict()) == digest(whole.state_dict())


# whole processes

RUN = ["decoder=bernoulli", "network.dropout=0.1", *QUICK, *CHEAP, "trainer.epochs=12"]
ALWAYS = "trainer.checkpoint_every=0"
# dies by a signal of its own at a moment that the test chooses
DOOMED = """
import os, random, signal, sys, threading, time
from pathlib import Path
from vae_exp.storage import checkpoint
from vae_exp.runs import job
from vae_exp.storage import run_folder
how, value = sys.argv.pop(1).split(":")

def die(number=signal.SIGKILL):
    os.kill(os.getpid(), number)
    time.sleep(1)

def after_calls(owner, name, half=None):
    real, calls = getattr(owner, name), [0]
    def wrapped(*args, **kwargs):
        calls[0] += 1
        if calls[0] == int(value):
            if half:
                half(*args)
            die(signal.SIGTERM if how == "sigterm" else signal.SIGKILL)
        return real(*args, **kwargs)
    setattr(owner, name, wrapped)

if how == "seconds":
    real = job.Job.train
    def train(*args):
        threading.Timer(float(value), die).start()
        return real(*args)
    job.Job.train = train
elif how == "writing":
    real_write = Path.write_bytes
    after_calls(Path, "write_bytes", lambda path, data: real_write(path, data[: len(data) // 2]))
elif how == "replacing":
    after_calls(os, "replace")
elif how in ("logging", "sigterm"):
    after_calls(run_folder.RunFolder, "log")
elif how == "checkpoint":
    after_calls(checkpoint, "save")
elif how == "evaluating":
    from vae_exp.experiment import Experiment
    after_calls(Experiment, "evaluate")
from vae_exp.run import main
main()
"""


def start(folder, *arguments, doom=None):
    """Run the program, or doom it, to its end."""
    environment = {**os.environ, "WANDB_MODE": "disabled"}
    chosen = any(a.startswith(("resume=/", "hydra.")) for a in arguments)
    words = [*arguments, *([] if chosen else [f"hydra.run.dir={folder}"])]
    if doom is None:
        process = Forked(folder.parent, words, environment)
    else:
        process = Forked(folder.parent, [doom, *words], environment, script=DOOMED)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def result(folder):
    """Hashes of the weights, and the records."""
    last = digest(checkpoint.load(folder / "checkpoints" / "last.pt"))
    for own in ("config", "metrics_size", "id"):  # the way it was run, and a count of digits
        last.pop(own, None)
    best = digest(checkpoint.load(folder / "checkpoints" / "best.pt"))
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    summary = json.loads((folder / "summary.json").read_text())
    timed = ("time/", "train/samples_per_second", "git_commit")
    summary = {k: v for k, v in summary.items() if not k.startswith(timed)}
    return last, best, timeless(map(json.loads, lines)), summary


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    done = start(folder, *RUN)
    assert done.returncode == 0, done.stderr
    return result(folder)


DOOMS = ["logging:20", "replacing:12", "checkpoint:9", "evaluating:1"]
DOOMS += [
    pytest.param(again, marks=pytest.mark.long)
    for again in ("seconds:0.05", "logging:1", "writing:3", "writing:10", "checkpoint:1")
]


@pytest.mark.kill
@pytest.mark.parametrize("doom", DOOMS)
def test_a_killed_run_goes_on_to_the_same_end(uninterrupted, tmp_path, doom):
    folder = tmp_path / "run"
    killed = start(folder, *RUN, ALWAYS, doom=doom)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert list(folder.rglob(".*.tmp")) or not doom.startswith(("writing", "replacing"))
    (folder / ".mine.tmp").touch()
    again = start(folder, *RUN, ALWAYS, "resume=auto")
    assert again.returncode == 0, again.stderr
    assert result(folder) == uninterrupted
    assert list(folder.rglob(".*.tmp")) == [folder / ".mine.tmp"]


@pytest.mark.long
@pytest.mark.kill
def test_thirty_kills_at_random_moments(uninterrupted, tmp_path, record_property):
    generator = torch.Generator().manual_seed(0)
    kills = lost = ends = 0
    while kills < 30:
        folder = tmp_path / f"run{ends}"
        for _ in range(100):
            how = ["seconds", "writing", "replacing", "logging"][
                int(torch.randint(4, (), generator=generator))
            ]
            share = torch.rand((), generator=generator).item()
            value = share * 0.8 if how == "seconds" else 1 + int(share * 25)
            done = start(folder, *RUN, ALWAYS, "resume=auto", doom=f"{how}:{value}")
            if done.returncode == 0:
                break
            assert done.returncode == -signal.SIGKILL, done.stderr
            kills += 1
        ends += 1
        lost += len(uninterrupted[2]) - len(result(folder)[2])
        assert result(folder) == uninterrupted
    record_property("kills", kills)
    record_property("records_lost", lost)


@pytest.mark.parametrize(("name", "code"), one_in(2, [("SIGTERM", 143), ("SIGINT", 130)]))
def test_a_signal_stops_within_a_step_and_loses_nothing(uninterrupted, tmp_path, name, code):
    folder = tmp_path / "run"
    words = [*RUN, "trainer.epochs=100000", f"hydra.run.dir={folder}"]
    process = Forked(tmp_path, words, {**os.environ, "WANDB_MODE": "disabled"})
    while not (folder / "metrics.jsonl").exists() or not (folder / "metrics.jsonl").stat().st_size:
        time.sleep(0.05)
    process.send_signal(getattr(signal, name))
    sent = time.monotonic()
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - sent < 10
    assert process.returncode == code
    way_on = f"python -m vae_exp.run resume={folder} goes on"
    assert err == f"vae_exp: interrupted; what was written stays; {way_on}\n"
    assert json.loads((folder / "summary.json").read_text())["status"] == "preempted"
    spent = json.loads((folder / "summary.json").read_text())["time/total_seconds"]
    state = checkpoint.load(folder / "checkpoints" / "last.pt")
    logged = len((folder / "metrics.jsonl").read_text())
    assert state["metrics_size"] == logged  # nothing has to be run twice
    step = state["training"]["step"]
    epochs = step // 10 + 2
    begun = time.monotonic()
    assert start(folder, f"resume={folder}", f"trainer.epochs={epochs}").returncode == 0
    both = json.loads((folder / "summary.json").read_text())["time/total_seconds"]
    assert spent < both < spent + time.monotonic() - begun
    straight = tmp_path / "straight"
    assert start(straight, *RUN, f"trainer.epochs={epochs}").returncode == 0
    assert result(folder) == result(straight)


def test_more_epochs_are_as_if_asked_for_at_once(uninterrupted, tmp_path):
    folder = tmp_path / "run"
    assert start(folder, *RUN, "trainer.epochs=7").returncode == 0
    again = start(folder, f"resume={folder}", "trainer.epochs=12")
    assert again.returncode == 0, again.stderr
    assert "resuming after step 70" in again.stdout
    assert result(folder) == uninterrupted
    # the configuration in the folder is that of the whole run, and there is nothing left to do
    done = start(folder, f"resume={folder}")
    assert "finished already" in done.stdout
    assert result(folder) == uninterrupted


IN_STEPS = [*QUICK, *CHEAP, "trainer.epochs=null"]


def test_more_steps_from_the_end_of_an_epoch_are_as_if_asked_for_at_once(cli, tmp_path):
    folder, straight = tmp_path / "run", tmp_path / "straight"
    assert cli(*IN_STEPS, "trainer.max_steps=20", f"hydra.run.dir={folder}").exit_code == 0
    assert cli(f"resume={folder}", "trainer.max_steps=25").exit_code == 0
    assert cli(*IN_STEPS, "trainer.max_steps=25", f"hydra.run.dir={straight}").exit_code == 0
    assert result(folder) == result(straight)


@pytest.mark.bad_input
@pytest.mark.parametrize("more", one_in(2, ["25", "null trainer.epochs=3"]))
def test_more_steps_from_the_midst_of_an_epoch_are_refused(cli, tmp_path, more):
    folder = tmp_path / "run"
    assert cli(*IN_STEPS, "trainer.max_steps=14", f"hydra.run.dir={folder}").exit_code == 0
    before = result(folder)
    done = cli(f"resume={folder}", *f"trainer.max_steps={more}".split())
    assert done.exit_code == 2 and done.err.count("\n") == 1
    expected = "trainer.max_steps: expected 14, where the run to resume ended in the midst of an"
    assert expected in done.err
    assert result(folder) == before
    assert cli(f"resume={folder}", "evaluation.probe=true").exit_code == 0  # all else is as ever


FURTHER = "trainer.epochs=4"
BEYOND = [
    (FURTHER, "logging:1"),
    (FURTHER, "logging:2"),
    ("evaluation.importance_samples=9", "evaluating:1"),
    (FURTHER, "checkpoint:3"),
]


@pytest.mark.kill
@pytest.mark.parametrize(("change", "doom"), one_in(2, BEYOND))
def test_a_finished_run_that_is_killed_as_it_goes_on_has_not_finished(saved, change, doom):
    def summary():
        return json.loads((saved / "summary.json").read_text())

    end = summary()
    killed = start(saved, f"resume={saved}", change, ALWAYS, doom=doom)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert summary()["status"] == "unfinished" and summary()["before"] == end
    again = start(saved, f"resume={saved}")
    assert again.returncode == 0, again.stderr
    assert "finished already" not in again.stdout
    assert summary()["status"] == "finished" and "before" not in summary()
    assert summary()["step"] == (40 if "epochs" in change else 20)
    assert summary()["test/log_likelihood"] != end["test/log_likelihood"]
    assert "finished already" in start(saved, f"resume={saved}").stdout


@pytest.mark.kill
def test_a_sweep_that_is_killed_as_it_goes_on_has_not_finished(tmp_path):
    words = ["-m", "seed=0,1", *QUICK, *CHEAP, "hydra.sweep.dir=sweep"]
    longer = [*words, "trainer.epochs=6", ALWAYS, "sweep.resume=true"]
    assert start(tmp_path / "sweep", *words).returncode == 0
    assert start(tmp_path / "sweep", *longer, doom="logging:2").returncode == -9
    again = start(tmp_path / "sweep", *longer)
    assert again.returncode == 0, again.stderr
    assert "finished already" not in again.stdout
    summaries = [json.loads(file.read_text()) for file in tmp_path.glob("sweep/*/summary.json")]
    assert [(one["status"], one["step"]) for one in summaries] == 2 * [("finished", 60)]


@pytest.mark.long
def test_a_summary_that_an_earlier_version_left_there_is_not_believed(cli, saved):
    """As it stood when the run had gone on beyond its end, or was being evaluated anew."""
    summary = saved / "summary.json"
    for lacking in ("step", "test"):
        end = summary.read_text()
        if lacking == "step":
            summary.write_text(json.dumps({**json.loads(end), "step": 10}))
        else:
            lines = (saved / "metrics.jsonl").read_text().splitlines(keepends=True)
            (saved / "metrics.jsonl").write_text("".join(lines[:-1]))
        done = cli(f"resume={saved}")
        assert (done.exit_code, "finished already" in done.out) == (0, False)
        assert json.loads(summary.read_text())["step"] == 20


@pytest.mark.fault
def test_the_numbers_of_a_finished_run_outlast_a_full_disk(cli, saved, monkeypatch):
    from vae_exp.storage import atomic_write

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    def files():
        return {file: file.read_bytes() for file in saved.rglob("[!.]*.*") if file.suffix != ".log"}

    before = files()
    monkeypatch.setattr(atomic_write, "_flush", full)
    done = cli(f"resume={saved}", "trainer.epochs=3")
    assert done.exit_code == 2 and "No space left on device" in done.err
    assert files() == before


@pytest.fixture
def folder(saved):
    """A finished run of two epochs, to go on with."""
    return saved


REFUSED = {
    "z_dim=7": "z_dim: expected 20 as in the run to resume, got 7",
    "seed=1": "seed: expected 0 as in the run to resume, got 1",
    "optimizer.lr=1": "optimizer.lr: expected 0.001",
    "optimizer=sgd": "optimizer._target_: expected torch.optim.Adam",
    "decoder=gaussian": "decoder._target_: expected vae_exp.decoder.bernoulli.Bernoulli",
    "network.hidden=[5]": r"network.hidden: expected \[32\]",
    "trainer.batch_size=7": "trainer.batch_size: expected 128",
    "trainer.log_every=3": "trainer.log_every: expected 50",
    "trainer.clip_norm=1": "trainer.clip_norm: expected None",
    "objective.beta=2": "objective.beta: expected 1.0",
    "data.seed=3": "data.seed: expected 0",
    "data.binarize=static": "data.binarize: expected auto",
    "kl=schulman": "kl._target_: expected",
    "scheduler=cosine": "scheduler",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("change", one_in(2, REFUSED))
def test_what_changes_the_result_is_refused(cli, folder, change):
    before = (
        (folder / "metrics.jsonl").read_bytes(),
        (folder / ".hydra" / "config.yaml").read_text(),
    )
    done = cli(f"resume={folder}", change, f"hydra.run.dir={folder}")
    assert done.exit_code == 2
    assert done.err.count("\n") == 1
    assert re.search(REFUSED[change], done.err), done.err
    assert before == (
        (folder / "metrics.jsonl").read_bytes(),
        (folder / ".hydra" / "config.yaml").read_text(),
    )


def test_a_schedule_that_would_bend_with_more_epochs_is_refused(cli, tmp_path):
    folder = tmp_path / "cosine"
    own = [*QUICK, *CHEAP, f"hydra.run.dir={folder}"]
    assert cli("scheduler=cosine", *own).exit_code == 0
    done = cli(f"resume={folder}", "trainer.epochs=9", f"hydra.run.dir={folder}")
    assert done.exit_code == 2
    expected = "scheduler.T_max: expected 4 as in the run to resume, got 9 (which depends on"
    assert f"{expected} trainer.epochs)" in done.err


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "truncated":
        data = data[: len(data) // 2]
    elif how == "empty":
        data = b""
    else:
        # of what is told, and not of the archive's own fields, of which some say nothing
        with zipfile.ZipFile(path) as archive:
            content = max((archive.read(name) for name in archive.namelist()), key=len)
        data[data.index(content) + int(how * len(content))] ^= 0x10
    path.write_bytes(data)


@pytest.fixture(scope="session")
def killed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed") / "run"
    assert start(folder, *RUN, ALWAYS, doom="logging:25").returncode == -signal.SIGKILL
    return folder


@pytest.mark.fault
@pytest.mark.parametrize(
    "how",
    [
        "truncated",
        0.3,
        *(pytest.param(h, marks=pytest.mark.long) for h in ("empty", 0.1, 0.7, 0.9)),
    ],
)
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_used(
    uninterrupted, killed, tmp_path, how
):
    folder = Path(shutil.copytree(killed, tmp_path / "run"))
    damage(folder / "checkpoints" / "last.pt", how)
    again = start(folder, *RUN, ALWAYS, "resume=auto")
    assert again.returncode == 0, again.stderr
    assert "resuming from previous.pt, the one before it" in again.stdout
    assert result(folder) == uninterrupted


@pytest.mark.fault
def test_a_finished_run_without_its_last_checkpoint_is_evaluated_as_asked(cli, saved):
    asked = "evaluation.importance_samples"
    before = json.loads((saved / "summary.json").read_text())
    assert cli(f"resume={saved}", f"{asked}=3", f"hydra.run.dir={saved}").exit_code == 0
    damage(saved / "checkpoints" / "last.pt", "truncated")
    again = cli(f"resume={saved}", f"{asked}={before['test/importance_samples']}")
    assert again.exit_code == 0 and "finished already" not in again.out, again.err
    summary = json.loads((saved / "summary.json").read_text())
    assert summary["test/log_likelihood"] == before["test/log_likelihood"]
    assert checkpoint.is_whole(saved / "checkpoints" / "last.pt")


def test_any_flipped_bit_is_noticed_or_harmless(saved):
    path = saved / "checkpoints" / "last.pt"
    whole, good = digest(checkpoint.load(path)), path.read_bytes()
    generator = torch.Generator().manual_seed(0)
    noticed = 0
    for _ in range(100):
        data = bytearray(good)
        data[int(torch.randint(len(data), (), generator=generator))] ^= 1 << 3
        path.write_bytes(data)
        try:
            assert digest(checkpoint.load(path)) == whole
        except ValueError:
            noticed += 1
    assert noticed > 90


def test_nothing_that_reads_is_refused(cli, saved):
    for name in ("last", "previous"):
        damage(saved / "checkpoints" / f"{name}.pt", "truncated")
    done = cli(f"resume={saved}", "trainer.epochs=3", f"hydra.run.dir={saved}")
    assert done.exit_code == 2
    assert done.err.count("\n") == 1
    assert "last.pt: expected a checkpoint" in done.err


WRONG = {
    "resume=nowhere": "vae_exp: resume: nowhere: expected the folder of a run",
    "resume=true": "resume: expected the folder of a run, or auto, got true",
    "resume={run} resume=elsewhere": "saved and elsewhere",
    "resume=auto resume={run}": "resume: expected one folder, got auto and",
    "resume=/dev/null": "/dev/null: expected the folder of a run",
    "-m resume={run} seed=0,1": "resume: expected one run, got a sweep",
    "resume={run} trainer.epochs=many": "trainer.epochs: expected int or null, got 'many'",
    "resume={run} trainer.max_bad_steps=0": "trainer.max_bad_steps: expected 20 as in",
    "resume={run} trainer.checkpoint_every=-1": "trainer.checkpoint_every: expected 0 or more",
    "resume={run} seed=5 trainer.epochs=9": "seed: expected 0 as in the run to resume, got 5; of",
    "resume={run} trainer.epochs=1": "trainer.epochs: expected 2 or more",
    "resume={run} trainer.max_steps=3": "trainer.max_steps: expected 20 or more",
    "resume=": "resume: expected the folder of a run, or auto, got nothing",
    "resume={run} nonsense=1": "nonsense: expected a key or group",
    "resume={run} device=tpu": "device: expected auto",
}


@pytest.mark.bad_input
@pytest.mark.parametrize("command", one_in(2, WRONG))
def test_wrong_command_line_is_refused_in_one_line(cli, saved, command):
    done = cli(*command.format(run=saved).split(), f"hydra.run.dir={saved}")
    assert done.exit_code == 2
    assert done.err.count("\n") == 1, done.err
    assert WRONG[command] in done.err


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: "junk" + text, "metrics.jsonl: expected JSON in line 1"),
        (lambda text: text[:50], "metrics.jsonl: expected the"),
    ],
)
def test_spoilt_metrics_are_refused_and_left_as_they_are(cli, saved, spoil, message):
    metrics = saved / "metrics.jsonl"
    metrics.write_text(spoil(metrics.read_text()))
    before = metrics.read_bytes(), (saved / ".hydra" / "overrides.yaml").read_bytes()
    done = cli(f"resume={saved}", "trainer.epochs=3", f"hydra.run.dir={saved}")
    assert done.exit_code == 2
    assert done.err.count("\n") == 1
    assert message in done.err
    assert before == (metrics.read_bytes(), (saved / ".hydra" / "overrides.yaml").read_bytes())


@pytest.mark.bad_input
def test_results_without_a_checkpoint_are_not_written_over(cli, saved):
    for name in ("last", "previous"):
        (saved / "checkpoints" / f"{name}.pt").unlink()
    before = (saved / "metrics.jsonl").read_bytes()
    done = cli("decoder=bernoulli", "resume=auto", f"hydra.run.dir={saved}")
    assert done.exit_code == 2
    assert "which has some; but no checkpoint to go on from" in done.err
    assert (saved / "metrics.jsonl").read_bytes() == before


def test_auto_starts_where_there_is_nothing(cli, tmp_path):
    done = cli(*QUICK, *CHEAP, "resume=auto", f"hydra.run.dir={tmp_path / 'new'}")
    assert done.exit_code == 0, done.err


def test_a_folder_in_use_is_left_alone(cli, saved):
    from vae_exp.storage.run_folder import RunFolder

    before = (saved / "metrics.jsonl").read_bytes()
    user = RunFolder(saved)
    try:
        done = cli(f"resume={saved}", "trainer.epochs=3", f"hydra.run.dir={saved}")
        assert done.exit_code == 2
        assert "which another process is using" in done.err
    finally:
        user._lock.release()
    assert (saved / "metrics.jsonl").read_bytes() == before


@pytest.mark.bad_input
def test_a_run_goes_on_in_its_own_folder_alone(cli, saved, tmp_path):
    done = cli(f"resume={saved}", f"hydra.run.dir={tmp_path / 'elsewhere'}")
    assert done.exit_code == 2 and done.err.count("\n") == 1
    assert "hydra.run.dir: expected none beside resume, which goes on in" in done.err
    assert not (tmp_path / "elsewhere").exists()


NAMES = [
    *("x1 (copy)", "k=1,l=2", "a,b", "[a]", "{a: 1}", "#1", "é", "true", "007", "1e3", " a "),
    *(
        "it's",
        'so "called"',
        "back\\slash",
        "at its end\\",
        "a\\'b",
        "range(3)",
        "a  b",
        "~a",
        "$a",
    ),
]


@pytest.mark.parametrize("name", one_in(4, NAMES))
def test_a_folder_may_be_named_anything(cli, saved, name):
    folder = saved.rename(saved.with_name(name))
    for word in shlex.split(shell_word("resume", name)), [f"resume={quoted(Path(name))}"]:
        done = cli(*word, f"hydra.run.dir={quoted(folder)}")
        assert (done.exit_code, done.err) == (0, ""), word
        assert f"finished already: {folder}" in done.out
    if name.strip("\\ ") == name and name != "true":  # as it is typed, if no mark is in doubt
        assert f"finished already: {folder}" in cli(f"resume={name}").out


def test_the_command_that_is_printed_goes_on(cli, saved):
    folder = saved.rename(saved.with_name("k=1, it's (1)"))
    (folder / "summary.json").unlink()
    told = cli(str(folder), module="compare").out
    (command,) = re.findall(r"python -m vae_exp.run (.*) goes on", told)
    done = cli(*shlex.split(command))
    assert (done.exit_code, done.err) == (0, ""), command
    assert json.loads((folder / "summary.json").read_text())["status"] == "finished"


def test_a_sweep_goes_on_where_it_was(cli, tmp_path):
    own = [*QUICK, *CHEAP, "hydra.sweep.dir=sweep", "-m"]
    flags, overrides = own[-1:], own[:-1]
    assert cli(*flags, "seed=0,1", *overrides).exit_code == 0
    jobs = tmp_path / "sweep"
    finished = (jobs / "0" / "summary.json").read_bytes()
    whole = result(jobs / "1")
    # job 1 as if it had been killed after its first checkpoint
    os.replace(jobs / "1" / "checkpoints" / "previous.pt", jobs / "1" / "checkpoints" / "last.pt")
    (jobs / "1" / "summary.json").unlink()
    done = cli(*flags, "seed=0,1,2", *overrides, "sweep.resume=true")
    assert done.exit_code == 0, done.err
    assert f"finished already: {jobs / '0'}" in done.out
    assert (jobs / "0" / "summary.json").read_bytes() == finished
    assert result(jobs / "1") == whole
    assert result(jobs / "2")[3]["status"] == "finished"
