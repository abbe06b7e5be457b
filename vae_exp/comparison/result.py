"""One run's folder, as numbers and a configuration to compare."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vae_exp.comparison.differences import Configuration, configuration
from vae_exp.storage.saved_run import SavedRun, find_runs

Progress = Callable[[str, float], None]  # see ``vae_exp.evaluation.progress``, which needs torch
MEASURED = ("test/", "val/", "certify/")


@dataclass(frozen=True)
class Result:
    """A run as it is compared.

    Args:
        run: the folder.
        configuration: its options and keys.
        summary: ``summary.json``, empty where there is none.
        status: what the summary says; ``unfinished`` where there is none.
    """

    run: SavedRun
    configuration: Configuration
    summary: dict[str, Any]
    status: str

    @property
    def folder(self) -> str:
        return str(self.run.path)

    @property
    def seed(self) -> Any:
        return self.configuration.keys.get("seed")

    @cached_property
    def scalars(self) -> dict[str, float]:
        """The numbers of the summary by name.

        Of a test or a validation null is nan: JSON has no word for a number that is not finite.
        """
        numbers = {
            name: math.nan if value is None and name.startswith(MEASURED) else value
            for name, value in self.summary.items()
        }
        return {name: _number(value) for name, value in numbers.items() if is_number(value)}

    @property
    def evaluated(self) -> bool:
        """Whether there are test metrics, without which a run is not ranked."""
        return any(name.startswith("test/") for name in self.scalars)


def is_number(value: Any) -> bool:
    """Truth values are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def read(paths: Iterable[str], progress: Progress = lambda part, share: None) -> list[Result]:
    """The runs in these folders, each once.

    Args:
        progress: told how far it has come.

    Raises:
        ValueError: a folder has no run, or a file in it does not read; names it.
    """
    runs, results = find_runs(paths), []
    for run in runs:
        progress("reading runs", len(results) / len(runs))
        results.append(_result(run))
    return results


def _result(run: SavedRun) -> Result:
    summary = run.summary
    status = summary.get("status", "unfinished")
    return Result(run, configuration(run.config, run.choices), summary, str(status))


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON's integers have no bound
        return math.inf if value > 0 else -math.inf
