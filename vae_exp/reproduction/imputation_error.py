"""How far what a model fills in is from what was hidden."""

import math
from dataclasses import replace
from typing import Any

from vae_exp.reproduction import Outcome, own_stderr
from vae_exp.reproduction.log_likelihood import LogLikelihood


class ImputationError(LogLikelihood):
    """A run of ``experiment=<recipe>``, and its mean squared error of imputation.

    Args:
        source: where the number stands.
        metric: the name of the root of it in summary.json.
        published: the mean squared error.
        tolerance: how far above it still counts.
    """

    def __init__(self, source: str, metric: str, published: float, tolerance: float):
        super().__init__(source, metric, published, tolerance, active_units=None)

    @property
    def target(self) -> str:
        return f"{self.published:.3f}"

    def compare(self, recipe: str, summary: dict[str, Any]) -> Outcome:
        """What a run's summary says beside the published number."""
        root = summary.get(self.metric)
        error = None if root is None else root**2
        finished = summary.get("status") == "finished"
        good = finished and error is not None and error <= self.published + self.tolerance
        return replace(
            super().compare(recipe, summary),
            what=f"{recipe}, mean squared error",
            reached=error,
            stderr=math.nan if root is None else 2 * root * own_stderr(summary, self.metric),
            good=good,
            **({"verdict": "reached" if good else "missed"} if finished else {}),
        )
