"""One run's folder, as numbers and a configuration to compare."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vae_exp.comparison.differences import Configuration, configuration
from vae_exp.saved_run import SavedRun, find_runs


@dataclass(frozen=True)
class Result:
    """A run as it is compared.

    Args:
        run: the folder.
        configuration: its options and keys.
        summary: ``summary.json``, empty where there is none.
        status: what the summary says; ``unfinished`` where there is none, and ``refused`` where
            the run did not even begin.
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
        """The numbers of the summary by name; null is no number, NaN is one."""
        return {
            name: _number(value)
            for name, value in self.summary.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }

    @property
    def evaluated(self) -> bool:
        """Whether there are test metrics, without which a run is not ranked."""
        return any(name.startswith("test/") for name in self.scalars)


def read(paths: Iterable[str]) -> list[Result]:
    """The runs in these folders, each once, the refused ones among them.

    Raises:
        ValueError: a folder has no run, or a file in it does not read; names it.
    """
    runs: dict[Path, Result] = {}
    for path in paths:
        refused = [_result(SavedRun(folder), begun=False) for folder in _refused(Path(path))]
        try:
            begun = [_result(run) for run in find_runs([path])]
        except ValueError:
            if not refused:
                raise
            begun = []
        runs |= {result.run.path.resolve(): result for result in begun + refused}
    return list(runs.values())


def _refused(path: Path) -> list[Path]:
    """Folders that Hydra made for runs which then wrote no metrics."""
    folders = (file.parent.parent for file in path.expanduser().glob("**/.hydra/config.yaml"))
    return sorted(folder for folder in folders if not (folder / "metrics.jsonl").exists())


def _result(run: SavedRun, begun: bool = True) -> Result:
    try:
        summary = run.summary
    except RecursionError as error:
        raise ValueError(f"{run.summary_file}: expected JSON ({error})") from error
    if not isinstance(summary, dict):
        raise ValueError(f"{run.summary_file}: expected an object, got {type(summary).__name__}")
    try:
        choices = run.choices
    except Exception as error:  # whatever OmegaConf raises for a file of another shape
        file = run.path / ".hydra" / "hydra.yaml"
        if str(file) in str(error):
            raise
        raise ValueError(f"{file}: expected hydra.runtime.choices ({error})") from error
    status = summary.get("status", "unfinished" if begun else "refused")
    file = run.path / ".hydra" / "config.yaml"
    return Result(run, configuration(run.config, choices, file), summary, str(status))


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON's integers have no bound
        return math.copysign(math.inf, value)
