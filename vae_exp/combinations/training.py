"""Train combinations, several at once, each with all seeds; what is there already is left alone."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from signal import SIGTERM
from threading import Thread
from time import sleep

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, Failure, report_errors
from vae_exp.combinations.atlas_map import Combination
from vae_exp.storage.saved_run import SavedRun

LOG = "workers.log"  # what the processes would have written to a terminal
ENDED = ("finished", "failed")
GRACE = 10.0  # seconds that a run has for its checkpoint


@dataclass(frozen=True)
class Trained:
    """What came of a combination.

    Args:
        refusal: the line that refused it before training, else none. What failed in training says
            so in its summary.json.
    """

    combination: Combination
    refusal: str | None = None


def train_all(
    combinations: Sequence[Combination], seeds: Sequence[int], folder: Path, processes: int
) -> Iterator[Trained]:
    """Train them, in the order in which they end.

    Raises:
        ValueError: a process was ended from outside, for want of memory perhaps.
    """
    workers = ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_begin, initargs=(folder / LOG,)
    )
    try:
        begun = [workers.submit(train, combination, seeds, folder) for combination in combinations]
        for one in as_completed(begun):
            yield one.result()
    except BrokenProcessPool as error:
        raise ValueError(
            "--processes: expected processes that last, got one that was ended from outside, for "
            "want of memory perhaps; the same command goes on, with fewer of them if need be"
        ) from error
    finally:
        workers.shutdown(cancel_futures=True)


def train(combination: Combination, seeds: Sequence[int], folder: Path) -> Trained:
    """Train one with each seed, in ``folder/<name>/<seed>``."""
    own = folder / combination.name
    for seed in seeds:
        if _status(own / str(seed)) in ENDED:
            continue
        try:
            _train(combination, seed, own)
        except Failure as failure:
            if failure.exit_code == BEFORE_TRAINING:
                return Trained(combination, refusal=str(failure))
    return Trained(combination)


def _train(combination: Combination, seed: int, own: Path) -> None:
    from vae_exp.runs.compose_job import compose_job

    with report_errors(BEFORE_TRAINING):
        words = [*combination.words, f"seed={seed}", "resume=auto"]
        job = compose_job(words, own, seed, {*combination.chosen, "seed"}, "atlas")
    with report_errors(DURING_TRAINING):
        job.execute()


def _status(path: Path) -> str:
    try:
        return SavedRun(path).summary.get("status", "begun")
    except ValueError:
        return "not begun"


def _begin(log: Path) -> None:
    from vae_exp.configuration.composition import keep_compositions

    keep_compositions()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Without it nobody would ever end this process, which waits for more to do."""
    parent_process().join()
    os.kill(os.getpid(), SIGTERM)  # a run keeps a checkpoint
    sleep(GRACE)
    os._exit(1)
