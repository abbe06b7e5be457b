"""What W&B costs a training step: ``python -m bench.tracking``.

The same training without W&B and with an online run, all of it on, against the tests' server on
this machine, in turn. What is compared is the processor time of the training thread, all of the
loop and nothing else, so that other work on the machine does not count; W&B's own process is not
in it. An epoch of digits has 10 steps, so that what is done once an epoch weighs more than with any
real data set; ``--batch-size 13`` has 97.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from tests.tracking.server import Server, serving

CHILD = """
import contextlib, sys, time
with contextlib.suppress(ImportError):
    import pandas  # which wandb loads with the first thing logged that is no number: once a run
from vae_exp.runs.job import Job

train = Job.train
def timed(self, *arguments):
    begun = time.thread_time()
    yield from train(self, *arguments)
    steps = self.experiment.state.step
    print("microseconds a step", 1e6 * (time.thread_time() - begun) / steps, file=sys.stderr)
Job.train = timed
from vae_exp.run import main
main()
"""
WORDS = [
    *("decoder=bernoulli", "threads=1", "plots.names=[]", "evaluation.probe=false"),
    *("evaluation.importance_samples=8", "trainer.checkpoint_every=1000"),
]
DISABLED = ["wandb.mode=disabled"]
ONLINE = ["wandb.mode=online", "wandb.model=all"]


def measure(words: list[str], address: dict[str, str]) -> float:
    """Processor time of the training thread in microseconds a step."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *WORDS, *words],
            cwd=folder,
            env={**os.environ, **address, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stderr.split("microseconds a step")[1].split()[0])


def main() -> None:
    """Print the least of some measurements of each, which other work disturbs least."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=128)
    arguments = parser.parse_args()
    length = [f"trainer.epochs={arguments.epochs}", f"trainer.batch_size={arguments.batch_size}"]
    found: dict[str, list[float]] = {"without W&B": [], "online, all on": []}
    for _ in range(arguments.repeats):
        with serving(Server()) as address:
            for name, words in zip(found, (DISABLED, ONLINE)):
                found[name].append(measure([*length, *words], address))
    least = {name: min(values) for name, values in found.items()}
    for name, value in least.items():
        print(f"{name}: {value:.0f} µs a step, of {[round(v) for v in found[name]]}")
    without, online = least.values()
    print(f"{100 * (online / without - 1):+.1f} %")


if __name__ == "__main__":
    main()
