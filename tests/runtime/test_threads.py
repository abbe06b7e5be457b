"""How many threads are used: measured, and the same again when a run is resumed."""

import os
import subprocess
import sys

import pytest
import torch

from vae_exp.runtime import threads
from vae_exp.runtime.device import set_threads
from vae_exp.runtime.threads import ThreadWatch


@pytest.fixture(autouse=True)
def free(monkeypatch):
    """Nothing in the environment says how many, and afterwards there are as many as before."""
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    yield
    torch.set_num_threads(before)


def timed(monkeypatch, seconds):
    monkeypatch.setattr(threads, "time_product", seconds.__getitem__)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({4: 1.0, 2: 1.8, 1: 3.5}, 4),  # a machine of one's own
        ({4: 3.9, 2: 1.2, 1: 1.0}, 4),  # noise, or a product too small for four
        ({4: 24.0, 2: 1.3, 1: 2.4}, 2),  # others have one of four cores
        ({4: 24.0, 2: 23.0, 1: 2.4}, 1),  # ... and three of them
    ],
)
def test_the_most_threads_that_do_not_wait_are_used_and_it_is_said(
    seconds, expected, monkeypatch, caplog
):
    timed(monkeypatch, seconds)
    torch.set_num_threads(4)
    with caplog.at_level("INFO"):
        set_threads("auto")
    assert torch.get_num_threads() == expected
    told = [r.getMessage() for r in caplog.records]
    if expected == 4:
        assert told == []
    else:
        assert told == [
            f"threads: {expected} (threads=auto): a product takes 24000 ms with 4 threads and "
            f"{min(seconds.values()) * 1e3:.0f} ms with {min(seconds, key=seconds.get)}: they wait "
            "for cores that are not free"
        ]


def test_a_number_that_is_asked_for_stays_and_what_it_costs_is_said(monkeypatch, caplog):
    timed(monkeypatch, {4: 24.0, 2: 23.0, 1: 2.4})
    set_threads(4)
    assert torch.get_num_threads() == 4
    assert "threads=1 is faster" in caplog.text
    caplog.clear()
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    set_threads("auto")
    assert torch.get_num_threads() == 4
    assert "threads=1 is faster" in caplog.text


def test_no_time_is_measured_where_there_is_one_thread(monkeypatch, caplog):
    torch.set_num_threads(1)
    set_threads("auto")
    assert torch.get_num_threads() == 1 and not caplog.records


@pytest.mark.long  # alone: beside other tests the scheduler may favour the short rounds for once
def test_cores_that_others_use_are_noticed():
    cores = len(os.sched_getaffinity(0))
    if cores == 1:
        pytest.skip("one core has no threads to wait for each other")
    words = [sys.executable, "-uc", "print()\nwhile True: pass"]
    busy = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(cores)]
    try:
        for process in busy:
            process.stdout.readline()
        tried = [threads.paying_threads(cores) for _ in range(10)]
    finally:
        for process in busy:
            process.kill()
            process.communicate()
    assert min(few for few, _ in tried) < cores, tried


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000"}, 1),
        ({"cpu.max": "400000 100000"}, 4),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "max 100000"}, 2**16),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2**16),
        ({}, 2**16),
    ],
)
def test_a_containers_quota_bounds_them(files, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "CGROUP", tmp_path)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert threads.quota() == expected


def test_measuring_draws_no_random_number():
    before = torch.get_rng_state()
    threads.paying_threads(2)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_resumed_run_has_as_many_as_before(cli, monkeypatch):
    words = ["network.hidden=[8]", "z_dim=2", "plots.names=[]", "evaluation.probe=false"]
    words += ["evaluation.importance_samples=4", "trainer.epochs=1"]
    timed(monkeypatch, {2: 1.0, 1: 1.5})
    torch.set_num_threads(2)
    run = cli(*words)
    assert run.summary["threads"] == 2
    timed(monkeypatch, {2: 24.0, 1: 1.5})
    resumed = cli(f"resume={run.folder}", "trainer.epochs=2")
    assert resumed.exit_code == 0, resumed.err
    assert run.summary["threads"] == 2 and run.summary["step"] == 20


def test_a_training_that_others_slow_down_is_told_of_once(monkeypatch, caplog):
    torch.set_num_threads(4)
    watch, free, busy = ThreadWatch(), {4: 1.0, 2: 1.8, 1: 3.5}, {4: 24.0, 2: 23.0, 1: 2.4}
    timed(monkeypatch, busy)
    for speed in (1000, 900, 300):  # slower, and not many times
        watch(speed)
    timed(monkeypatch, free)
    watch(100)  # larger batches, perhaps: the cores are free
    assert not caplog.records
    timed(monkeypatch, busy)
    watch(100)
    watch(100)
    (record,) = caplog.records
    assert "threads=1 is faster" in record.getMessage()
    assert torch.get_num_threads() == 4
