"""What a sweep of small runs takes beside its training and evaluation.

    python -m bench.sweep
    python -m bench.sweep --jobs 64 --launcher parallel

``--jobs`` seeds of a VAE of the digits for two epochs, with everything at its defaults but W&B,
which is ``--wandb``. ``work`` is training and evaluation, as the summaries of the runs have them:
time/train_seconds and time/evaluation_seconds; with the parallel launcher it is divided by the
cores. ``start`` is what a sweep of one job takes beside its job. Sweeps take turns; medians.
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

from bench.machine import machine, write
from bench.process import python

WORDS = ("-m", "vae_exp.run", "-m", "data=digits", "trainer.epochs=2", "hydra.sweep.dir=sweep")
PARTS = ("time/train_seconds", "time/evaluation_seconds")


def sweep(jobs: int, *words: str) -> dict[str, float]:
    """The wall time of a sweep over so many seeds, and what its jobs say of theirs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = python(*WORDS, f"seed=range(0,{jobs})", *words, folder=folder)["seconds"]
        files = list(folder.glob("sweep/*/summary.json"))
        summaries = [json.loads(file.read_text()) for file in files]
    if [s["status"] for s in summaries] != ["finished"] * jobs:
        raise SystemExit(f"expected {jobs} finished jobs, got {len(summaries)} summaries")
    work = sum(summary[part] for summary in summaries for part in PARTS)
    inside = sum(summary["time/total_seconds"] for summary in summaries)
    return {"seconds": seconds, "work": work, "jobs": inside}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--launcher", choices=("basic", "parallel"), default="basic")
    parser.add_argument("--wandb", choices=("disabled", "offline"), default="disabled")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("outputs/bench/sweep.json"))
    options = parser.parse_args()

    words = (f"wandb.mode={options.wandb}", f"hydra/launcher={options.launcher}")
    at_once = len(os.sched_getaffinity(0)) if options.launcher == "parallel" else 1
    turns = [(sweep(1, *words), sweep(options.jobs, *words)) for _ in range(options.repeats)]
    results = []
    for one, many in turns:
        start = one["seconds"] - one["jobs"]
        rest = many["seconds"] - start - many["work"] / at_once
        results.append(
            {
                "start": start,
                "seconds": many["seconds"],
                "work": many["work"] / at_once,
                "rest of a job": rest * at_once / options.jobs,
                "ratio": (many["seconds"] - start) / (many["work"] / at_once),
            }
        )
    for name in results[0]:
        numbers = [result[name] for result in results]
        lowest, highest = min(numbers), max(numbers)
        print(f"{name:14} {statistics.median(numbers):8.2f}   {lowest:.2f} to {highest:.2f}")
    write(machine() | {"sweep": results}, options.json)


if __name__ == "__main__":
    main()
