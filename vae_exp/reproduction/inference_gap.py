"""The gaps between a model's log-likelihood and its ELBO, part by part."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from vae_exp.cli.errors import DURING_TRAINING, Failure
from vae_exp.reproduction import Outcome, own_stderr
from vae_exp.reproduction.log_likelihood import LogLikelihood


class InferenceGap(LogLikelihood):
    """A run of ``experiment=<recipe>``, and what ``vae_exp.certify`` finds of its model.

    Args:
        source: where the numbers stand.
        published: by the names of ours in summary.json, in nats per datum.
        tolerance: how far from it still counts.
        certify: the command's words besides the run.
    """

    def __init__(
        self, source: str, published: dict[str, float], tolerance: float, certify: list[str]
    ):
        first = next(iter(published))
        super().__init__(source, first, published[first], tolerance, active_units=None)
        self.numbers, self.certify = published, certify

    @property
    def target(self) -> str:
        return f"{len(self.numbers)} numbers"

    def __call__(
        self, recipe: str, folder: Path, overrides: list[str], seeds: list[int] | None = None
    ) -> list[Outcome]:
        """Train, or go on, certify, and compare, for each seed.

        Raises:
            Failure: refused before it trained, or not certified.
            KeyboardInterrupt: stopped by a signal.
        """
        outcomes = []
        for seed in seeds or [None]:
            own = folder if seed is None else folder / f"seed_{seed}"
            words = overrides if seed is None else [*overrides, f"seed={seed}"]
            name = recipe if seed is None else f"{recipe} seed={seed}"
            summary = self.run(recipe, own, words)
            if summary.get("status") == "finished" and self.metric not in summary:
                summary = self.certified(own, words)
            outcomes += self.compare_all(name, summary)
        return outcomes

    def certified(self, folder: Path, overrides: list[str]) -> dict[str, Any]:
        """The summary of a run after it was certified, where its data are and on its device."""
        words = [*self.certify, *(w for w in overrides if w.startswith(("data.root=", "device=")))]
        command = [sys.executable, "-m", "vae_exp.certify", str(folder), *words]
        done = subprocess.run(command)
        if done.returncode > 128 or done.returncode < 0:  # by a signal
            raise KeyboardInterrupt
        if done.returncode:
            raise Failure("not certified", DURING_TRAINING)
        return json.loads((folder / "summary.json").read_text())

    def compare_all(self, recipe: str, summary: dict[str, Any]) -> list[Outcome]:
        """What a run's summary says beside each published number."""
        status = summary.get("status", "not run")
        finished = status == "finished"
        outcomes = []
        for metric, published in self.numbers.items():
            reached = summary.get(metric)
            good = finished and reached is not None and abs(reached - published) <= self.tolerance
            outcomes.append(
                Outcome(
                    what=f"{recipe} {metric.rpartition('/')[2]}",
                    published=published,
                    reached=reached,
                    stderr=own_stderr(summary, metric),
                    good=good,
                    verdict=("reached" if good else "missed") if finished else status,
                )
            )
        return outcomes
