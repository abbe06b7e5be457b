"""Whether two commits give the same numbers: ``python -m bench.same_results <commit> [<commit>]``.

Both are checked out into a temporary folder and run the same commands with the same seed; every
``summary.json`` and ``metrics.jsonl`` must be equal to the last digit, but for what a clock says,
the commit and the versions. The second commit is HEAD where it is left out. A refactor passes; a
change of the mathematics does not. The exit code is 1 where something differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHORT = [
    *("threads=1", "trainer.epochs=3", "trainer.log_every=5", "plots.names=[]"),
    *("evaluation.importance_samples=16", "wandb.mode=disabled"),
]
FLOW = ["encoder=flow", "prior=vampprior", "prior.components=20", "kl=monte_carlo"]
TWO_LAYERS = ["encoder=two_layer", "prior=two_layer", "encoder.lower_dim=10", "decoder.z_dim=10"]
COMBINATIONS = {
    "defaults": [],
    "schulman": ["decoder=bernoulli", "kl=schulman"],
    "optimal scale": ["decoder=laplace", "decoder.scale=optimal", "kl=schulman_k3"],
    "mixture": ["decoder=student_t", "prior=mixture", "kl=monte_carlo", "seed=3"],
    "flow, VampPrior, IWAE": [*FLOW, "objective=iwae", "objective.samples=3", "decoder=logistic"],
    "two layers": [*TWO_LAYERS, "kl=sticking_the_landing", "decoder=bernoulli"],
    "DReG": ["objective=dreg", "objective.samples=4", "kl=monte_carlo", "decoder=bernoulli"],
    "total correlation": ["kl=total_correlation", "kl.total_correlation=4", "decoder=bernoulli"],
    "MMD": ["objective=mmd", "encoder=full_gaussian"],
    "sequences": ["data=trajectories", "network=gru", "encoder=low_rank_gaussian"],
    "counts": ["data=counts", "decoder=negative_binomial", "prior=laplace", "kl=monte_carlo"],
    "PPCA": ["data=ppca", "network=linear", "scheduler=cosine"],
    "Muon, bf16, conv": ["network=conv", "optimizer=muon", "trainer.precision=bf16"],
    "grey levels": ["decoder=discretized_logistic_mixture", "trainer.clip_norm=1"],
    "warm-up": ["decoder=bernoulli", "objective.beta_schedule=linear", "objective.free_bits=0.1"],
    "dequantised": ["decoder=beta", "data.dequantize=true", "optimizer=adamw"],
}
CLOCK = ("time/", "train/samples_per_second", "git_commit", "versions")


class Checkout:
    """A commit in a folder of its own."""

    def __init__(self, commit: str, folder: Path):
        self.commit, self.source, self.results = commit, folder / "source", folder / "results"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(self.source)], check=True)
        subprocess.run(["git", "checkout", "-q", commit], cwd=self.source, check=True)
        self.results.mkdir()

    def run(self, *words: str, launcher: tuple[str, ...] = ()) -> None:
        """Run the program of this commit.

        Raises:
            RuntimeError: it failed.
        """
        # the commit's own code goes before an installed one
        environment = {**os.environ, "PYTHONPATH": str(self.source), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, *launcher, "-m", "vae_exp.run", *words]
        done = subprocess.run(
            command, cwd=self.results, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{self.commit}: {' '.join(words)}\n{done.stderr}")

    def numbers(self, name: str) -> tuple[dict, list[dict]]:
        """Summary and records of a run, without what a clock says."""
        folder = self.results / name
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        summary = json.loads((folder / "summary.json").read_text())
        return _timeless(summary), [_timeless(json.loads(line)) for line in lines]


def _timeless(record: dict) -> dict:
    return {name: value for name, value in record.items() if not name.startswith(CLOCK)}


def run_all(checkout: Checkout) -> None:
    """The combinations, a resumed run, one in two processes, and a sweep."""
    for name, words in COMBINATIONS.items():
        checkout.run(*SHORT, *words, f"hydra.run.dir='{name}'")
    checkout.run(*SHORT, "decoder=bernoulli", "trainer.max_steps=7", "hydra.run.dir=resumed")
    checkout.run("resume=resumed", "trainer.max_steps=25")
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    two = [*SHORT, "decoder=bernoulli", "hydra.run.dir='two processes'"]
    checkout.run(*two, launcher=torchrun)
    checkout.run("-m", *SHORT, "decoder=gaussian,bernoulli", "seed=1", "hydra.sweep.dir=sweep")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.same_results", description=__doc__)
    parser.add_argument("before", help="a commit")
    parser.add_argument("after", nargs="?", default="HEAD", help="another one (HEAD)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sides = []
        for side in ("before", "after"):
            (Path(folder) / side).mkdir()
            sides.append(Checkout(getattr(arguments, side), Path(folder) / side))
        with ThreadPoolExecutor() as pool:
            list(pool.map(run_all, sides))
        before, after = sides
        # what the older one began, the newer one goes on with
        folder_of_other = after.results / "begun_by_the_other"
        begun = [*SHORT, "decoder=bernoulli", "trainer.max_steps=7"]
        before.run(*begun, f"hydra.run.dir={folder_of_other}")
        after.run("resume=begun_by_the_other", "trainer.max_steps=25")
        compared = [(name, name) for name in [*COMBINATIONS, "resumed", "two processes"]]
        compared += [("sweep/0", "sweep/0"), ("sweep/1", "sweep/1")]
        compared.append(("resumed", "begun_by_the_other"))
        differing = [name for one, name in compared if before.numbers(one) != after.numbers(name)]
        for _, name in compared:
            print(f"{name:24} {'differs' if name in differing else 'the same'}")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
