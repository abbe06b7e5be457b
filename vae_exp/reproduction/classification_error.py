"""The share of data that a model's classifier gets wrong when it is trained."""

from dataclasses import replace
from typing import Any

from vae_exp.reproduction import Outcome, own_stderr
from vae_exp.reproduction.log_likelihood import LogLikelihood


class ClassificationError(LogLikelihood):
    """A run of ``experiment=<recipe>``, and how often its classifier errs, in %.

    Args:
        source: where the number stands.
        metric: the name of our accuracy in summary.json, from 0 to 1.
        published: the error, in %.
        tolerance: how far above it still counts, in %.
    """

    def __init__(self, source: str, metric: str, published: float, tolerance: float):
        super().__init__(source, metric, published, tolerance, active_units=None)

    @property
    def target(self) -> str:
        return f"{self.published:.2f} %"

    def compare(self, recipe: str, summary: dict[str, Any]) -> Outcome:
        """What a run's summary says beside the published number."""
        accuracy = summary.get(self.metric)
        error = None if accuracy is None else 100 * (1 - accuracy)
        finished = summary.get("status") == "finished"
        good = finished and error is not None and error <= self.published + self.tolerance
        return replace(
            super().compare(recipe, summary),
            what=f"{recipe}, error in %",
            reached=error,
            stderr=100 * own_stderr(summary, self.metric),
            good=good,
            **({"verdict": "reached" if good else "missed"} if finished else {}),
        )
