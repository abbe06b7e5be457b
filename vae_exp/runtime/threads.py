"""How many CPU threads pay, measured: those that wait for cores which other programs use do not."""

import logging
import os
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter

import torch

log = logging.getLogger(__name__)

# how many times as fast fewer threads must be: on a machine of one's own they are slower, and where
# others use the cores ten times as fast, so that noise does not change the number, nor with it the
# last bits of a run's numbers
FASTER = 2
SHAPE = (128, 784, 400)  # of the product that is timed: of the first layer of an mlp
PRODUCTS = 7
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


def check_threads() -> None:
    """Say so where fewer threads than torch has would be many times as fast."""
    chosen = torch.get_num_threads()
    threads, seconds = paying_threads(chosen)
    if threads < chosen:
        log.warning(f"threads: {_told(seconds)}; threads={threads} is faster")


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
    """The median of the seconds that a product of matrices takes, so that one hiccup is none."""
    torch.set_num_threads(threads)
    rows, inner, columns = SHAPE
    left, right = torch.ones(rows, inner), torch.ones(inner, columns)
    laps = [perf_counter()]
    for _ in range(PRODUCTS + 1):
        torch.mm(left, right)
        laps.append(perf_counter())
    return median(end - begin for begin, end in pairwise(laps[1:]))  # the first starts threads


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
        f"a product takes {seconds[most] * 1e3:.1f} ms with {most} threads and "
        f"{seconds[best] * 1e3:.1f} ms with {best}: they wait for cores that are not free"
    )
