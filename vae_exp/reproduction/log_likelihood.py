"""The log-likelihood that a model reaches when it is trained."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from vae_exp.cli.errors import BEFORE_TRAINING, Failure
from vae_exp.comparison.statistics import estimate
from vae_exp.configuration.overrides import quoted
from vae_exp.reproduction import Outcome, own_stderr


class LogLikelihood:
    """A run of ``experiment=<recipe>``, and what its summary says.

    Args:
        source: where the number stands.
        metric: the name of ours in summary.json, in nats per datum.
        published: none for ``test/known_log_likelihood``, the closed form of the data's own model.
        tolerance: how far below it still counts.
        active_units: as published, where they are.
    """

    def __init__(
        self,
        source: str,
        metric: str,
        published: float | None,
        tolerance: float,
        active_units: int | None,
    ):
        self.source = source
        self.metric = metric
        self.published = published
        self.tolerance = tolerance
        self.active_units = active_units

    @property
    def target(self) -> str:
        return "closed form" if self.published is None else f"{self.published:.2f}"

    def __call__(
        self, recipe: str, folder: Path, overrides: list[str], seeds: list[int] | None = None
    ) -> list[Outcome]:
        """Train, or go on, or do nothing where that has ended, and compare.

        Args:
            seeds: to train with, each in a folder of its own; none for the recipe's seed alone.

        Raises:
            Failure: refused before it trained.
            KeyboardInterrupt: stopped by a signal.
        """
        if seeds is None:
            return [self.compare(recipe, self.run(recipe, folder, overrides))]
        summaries = {
            seed: self.run(recipe, folder / f"seed_{seed}", [*overrides, f"seed={seed}"])
            for seed in seeds
        }
        each = [self.compare(f"{recipe} seed={seed}", s) for seed, s in summaries.items()]
        average = self.compare(f"{recipe}, {len(seeds)} seeds", self.average([*summaries.values()]))
        return [*(replace(outcome, good=True) for outcome in each), average]  # which decides

    def average(self, summaries: list[dict[str, Any]]) -> dict[str, Any]:
        """A summary of runs that differ in their seed: means, and the standard error over seeds."""
        statuses = [summary.get("status", "not run") for summary in summaries]
        if set(statuses) != {"finished"}:
            return {"status": next(s for s in statuses if s != "finished")}
        found = [summary.get(self.metric) for summary in summaries]
        values = [math.nan if value is None else value for value in found]
        over_seeds = estimate(values)
        known = "test/known_log_likelihood"
        return {
            "status": "finished",
            self.metric: over_seeds.mean,
            f"{self.metric}_stderr": over_seeds.stderr,
            **({known: summaries[0][known]} if known in summaries[0] else {}),
            "test/active_units": f"{mean(s['test/active_units'] for s in summaries):.1f}",
            "time/total_seconds": sum(s["time/total_seconds"] for s in summaries),
        }

    def run(self, recipe: str, folder: Path, overrides: list[str]) -> dict[str, Any]:
        """The summary of a run of the recipe, empty where there is none."""
        own = [f"experiment={recipe}", f"hydra.run.dir={quoted(folder)}", "resume=auto"]
        done = subprocess.run([sys.executable, "-m", "vae_exp.run", *own, *overrides])
        if done.returncode == BEFORE_TRAINING:
            raise Failure("refused", BEFORE_TRAINING)
        if done.returncode > 128 or done.returncode < 0:  # by a signal
            raise KeyboardInterrupt
        file = folder / "summary.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def compare(self, recipe: str, summary: dict[str, Any]) -> Outcome:
        """What a run's summary says beside the published number."""
        known = summary.get("test/known_log_likelihood")
        published = known if self.published is None else self.published
        reached = summary.get(self.metric)
        status = summary.get("status", "not run")
        comparable = status == "finished" and published is not None
        good = comparable and reached is not None and reached >= published - self.tolerance
        if comparable:
            status = "reached" if good else "missed"
        units = f"{summary.get('test/active_units', '')}"
        return Outcome(
            what=recipe,
            published=published,
            reached=reached,
            stderr=own_stderr(summary, self.metric),
            good=good,
            verdict="not known" if status == "finished" else status,
            active_units=units if self.active_units is None else f"{units} ({self.active_units})",
            minutes=summary["time/total_seconds"] / 60 if "time/total_seconds" in summary else None,
        )
