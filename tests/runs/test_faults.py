"""Disks and folders that fail under a run: one line, exit code 1, and nothing earlier is lost."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.forked import Forked
from vae_exp.storage import checkpoint

pytestmark = pytest.mark.fault

LONG = [
    *("decoder=bernoulli", "network.hidden=[16]", "trainer.epochs=100000", "plots.names=[]"),
    *("trainer.log_every=1", "trainer.checkpoint_every=0.2", "wandb.mode=disabled"),
]


def start(folder, *arguments, limit=None):
    words = [*LONG, *arguments, f"hydra.run.dir={folder}"]
    if limit is None:
        return Forked(folder.parent, words, dict(os.environ))
    return subprocess.Popen(
        ["prlimit", f"--fsize={limit}", sys.executable, "-m", "vae_exp.run", *words],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_checkpoints(folder):
    """Until there is one from within the training."""
    deadline = time.monotonic() + 60
    while not (folder / "checkpoints" / "previous.pt").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def failed_in_one_line(process):
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


def what_was_written_reads(folder):
    state = checkpoint.load_latest(folder / "checkpoints" / "last.pt")
    lines = (folder / "metrics.jsonl").read_bytes()[: state["metrics_size"]].splitlines()
    records = [json.loads(line) for line in lines]
    # a kill between two renames leaves the checkpoint of the beginning
    assert (records[-1]["step"] if records else 0) == state["training"]["step"]
    return records


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 400 kilobytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a disk is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_disk_full(small_disk):
    process = start(small_disk / "run")
    wait_for_checkpoints(small_disk / "run")
    err = failed_in_one_line(process)
    assert "No space left on device" in err
    assert what_was_written_reads(small_disk / "run")


def test_disk_full_and_then_not(small_disk):
    """With room again, the run goes on."""
    folder = small_disk / "run"
    process = start(folder)
    wait_for_checkpoints(folder)
    failed_in_one_line(process)
    remount = ["mount", "-o", "remount,size=30m", str(small_disk)]
    subprocess.run(remount, check=True)
    before = what_was_written_reads(folder)
    epochs = before[-1]["epoch"] + 1
    again = start(folder, "resume=auto", f"trainer.epochs={epochs}")
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert json.loads((folder / "summary.json").read_text())["status"] == "finished"
    assert what_was_written_reads(folder)[: len(before)] == before


def test_a_read_only_disk_is_refused_and_left_alone(small_disk):
    folder = small_disk / "run"
    process = start(folder)
    wait_for_checkpoints(folder)
    process.kill()
    process.communicate()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for arguments in (["resume=auto"], []):
        again = start(folder, *arguments)
        _, err = again.communicate(timeout=60)
        assert again.returncode == 2
        assert err.count("\n") == 1
        assert "Read-only file system" in err
    what_was_written_reads(folder)


def test_a_folder_that_is_none_any_more(tmp_path):
    folder = tmp_path / "run"
    process = start(folder)
    wait_for_checkpoints(folder)
    while not (folder / "checkpoints").is_file():
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        with suppress(IsADirectoryError):  # the run has just made it anew
            (folder / "checkpoints").write_text("a file")
    assert "checkpoints" in failed_in_one_line(process)
    assert (folder / "metrics.jsonl").stat().st_size


@pytest.mark.long
def test_a_file_may_not_grow(tmp_path):
    process = start(tmp_path / "run", limit=150_000)
    wait_for_checkpoints(tmp_path / "run")
    err = failed_in_one_line(process)
    assert "File too large" in err
    assert what_was_written_reads(tmp_path / "run")


def test_folder_removed(tmp_path):
    folder = tmp_path / "run"
    process = start(folder)
    wait_for_checkpoints(folder)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    err = failed_in_one_line(process)
    assert str(folder) in err


@pytest.mark.parametrize("place", ["/proc/run", "/dev/null/run"])
def test_a_folder_that_cannot_be_made(cli, place):
    result = cli("trainer.epochs=1", f"hydra.run.dir={place}")
    assert result.exit_code == 2
    assert result.err.count("\n") == 1
    assert "hydra.run.dir: expected a folder to write results to" in result.err


def test_two_runs_of_the_same_second_have_a_folder_each(tmp_path):
    short = ["trainer.epochs=1", "plots.names=[]", "evaluation.probe=false", "network.hidden=[8]"]
    words = [*short, "wandb.mode=disabled", "hydra.run.dir='${new_folder:outputs/same}'"]
    processes = [Forked(tmp_path, [*words, f"seed={n}"], dict(os.environ)) for n in range(3)]
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    summaries = list(tmp_path.glob("outputs/*/summary.json"))
    assert {path.parent.name for path in summaries} == {"same", "same-2", "same-3"}
    losses = {json.loads(path.read_text())["train/loss"] for path in summaries}
    assert len(losses) == 3


def test_one_folder_for_two_runs_goes_to_one(tmp_path):
    first, second = start(tmp_path / "run"), start(tmp_path / "run")
    deadline = time.monotonic() + 60
    while first.poll() is None and second.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    refused, other = (first, second) if first.poll() is not None else (second, first)
    _, err = refused.communicate()
    assert refused.returncode == 2
    assert err.count("\n") == 1
    assert "hydra.run.dir: expected a folder" in err
    wait_for_checkpoints(tmp_path / "run")
    other.terminate()
    other.communicate(timeout=60)
    assert other.returncode == 143
    assert what_was_written_reads(tmp_path / "run")
