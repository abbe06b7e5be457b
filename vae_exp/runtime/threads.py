"""How many CPU threads pay, measured: those that wait for cores which other programs use do not."""

import logging
import os
from pathlib import Path
from time import perf_counter

import torch

log = logging.getLogger(__name__)

# how many times as fast fewer threads must be: on a machine of one's own they are slower, and where
# others use the cores ten times as fast and more, so that noise does not change the number, nor
# with it the last bits of a run's numbers
FASTER = 4
SHAPE = (128, 100, 200)  # of the product: 0.15 ms of work, so that waiting shows
PRODUCTS, SECONDS = 20, 0.2  # of a round, whichever comes first
CHECKS = 3  # of a training that has become slow; each takes a second at most
ROUNDS = 3  # of which the best counts: one hiccup is none
CGROUP = Path("/sys/fs/cgroup")


def choose_threads() -> None:
    """Of the threads that torch was given, use as many as pay; say so if that is not all of them.

    OMP_NUM_THREADS is a choice already, and stays.
    """
    if "OMP_NUM_THREADS" in os.environ:
        check_threads()
        return
    given = min(torch.get_num_threads(), quota())
    threads, seconds = paying_threads(given)
    if threads < given:
        log.info(f"threads: {threads} (threads=auto): {_told(seconds)}")
    torch.set_num_threads(threads)


def check_threads() -> bool:
    """Say so where fewer threads than torch has would be many times as fast; whether they would."""
    chosen = torch.get_num_threads()
    threads, seconds = paying_threads(chosen)
    if threads < chosen:
        log.warning(f"threads: {_told(seconds)}; threads={threads} is faster")
    return threads < chosen


class ThreadWatch:
    """Sees to it that one is told, once, when others come to use the cores in mid-training.

    The threads stay as many as they are: with others the last bits of a run would be others.
    """

    def __init__(self):
        self.fastest, self.checks_left = 0.0, CHECKS

    def __call__(self, speed: float) -> None:
        """Take note of a speed, samples per second for one."""
        self.fastest = max(self.fastest, speed)
        slow = self.fastest > FASTER * speed
        if slow and self.checks_left and torch.get_num_threads() > 1:
            self.checks_left = 0 if check_threads() else self.checks_left - 1


def resume_threads(before: int | None) -> None:
    """Use as many as the run that is resumed had, so that it goes on with the same bits.

    Args:
        before: none where its checkpoint does not say, of an earlier version.
    """
    if before is not None and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(before, os.cpu_count() or 1))


def paying_threads(most: int) -> tuple[int, dict[int, float]]:
    """The largest of ``most``, ``most``/2, ... 1 with which a product takes less than ``FASTER``
    times what it takes with the best of them, and the seconds of each."""
    tried = [most >> halvings for halvings in range(most.bit_length())]
    seconds = {threads: time_product(threads) for threads in tried}
    torch.set_num_threads(most)
    fastest = min(seconds.values())
    return max(n for n in tried if seconds[n] < FASTER * fastest), seconds


def time_product(threads: int) -> float:
    """The seconds that a product of matrices takes, on the average over the best of some rounds."""
    torch.set_num_threads(threads)
    rows, inner, columns = SHAPE
    left, right = torch.ones(rows, inner), torch.ones(inner, columns)
    torch.mm(left, right)  # starts the threads
    return min(_round(left, right) for _ in range(ROUNDS))


def _round(left: torch.Tensor, right: torch.Tensor) -> float:
    started, products, passed = perf_counter(), 0, 0.0
    while products < PRODUCTS and passed < SECONDS:
        torch.mm(left, right)
        products, passed = products + 1, perf_counter() - started
    return passed / products


def quota() -> int:
    """How many cores' time the container has, or more than any machine where that is not limited.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, cpu.max; version 1: cpu.cfs_*.
    """
    for files in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        try:
            time, period = " ".join((CGROUP / file).read_text() for file in files).split()
            return max(1, int(time) // int(period)) if int(time) > 0 else 2**16
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return 2**16


def _told(seconds: dict[int, float]) -> str:
    most, best = max(seconds), min(seconds, key=seconds.get)
    return (
        f"a product takes {_ms(seconds[most])} ms with {most} threads and "
        f"{_ms(seconds[best])} ms with {best}: they wait for cores that are not free"
    )


def _ms(seconds: float) -> str:
    """Milliseconds, whole ones from 10 on."""
    return f"{seconds * 1e3:.{0 if seconds >= 0.01 else 2}f}"
