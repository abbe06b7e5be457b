"""A sweep: the jobs of a folder, what has become of each, and the results at its end."""

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, read_write

from vae_exp.config import conf_dir
from vae_exp.failure import BEFORE_TRAINING, DURING_TRAINING, Failure, say, tell
from vae_exp.identity import key_of

REFUSED = "refused.txt"  # in a job's folder, why it was
TOLD = ("failed", "refused")  # the statuses that come with an error
WORSE = ("failed", "unfinished", "preempted")  # than refused: something had been trained


class Sweep:
    """The folder of a sweep, ``<folder>/<number of the job>/``, finished or not.

    Where ``multirun.yaml`` is missing, as other sweepers than Hydra's own leave it, the jobs are
    those that have a folder, and nothing is known of their overrides.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path).expanduser()

    @cached_property
    def config(self) -> DictConfig | None:
        """What Hydra knew of the sweep: ``hydra.overrides`` and ``hydra.sweeper.params``."""
        try:
            return OmegaConf.load(self.path / "multirun.yaml").hydra
        except FileNotFoundError:
            return None

    @cached_property
    def words(self) -> list[str]:
        """The overrides of the whole sweep, those of a recipe first."""
        return [] if self.config is None else sweep_words(self.config)

    @cached_property
    def swept(self) -> set[str] | None:
        """The keys and groups that have several values, none where that is not known."""
        if self.config is None:
            return None
        found = {o.get_key_element() for o in _parse(self.words) if o.is_sweep_override()}
        return {key.lstrip("+~") for key in found}

    @cached_property
    def jobs(self) -> dict[int, list[str]]:
        """The overrides of each job by its number, in words that are swept."""
        if self.config is None:
            numbers = [int(path.name) for path in self.path.glob("*/") if path.name.isdigit()]
            return {number: [] for number in sorted(numbers)}
        return {
            number: [word for word in words if key_of(word) in self.swept]
            for number, words in enumerate(expand(_parse(self.words)))
        }

    def summary(self, job: int) -> dict[str, Any]:
        """``summary.json`` of a job, or what its absence says: refused, unfinished, not started."""
        folder = self.path / str(job)
        if (folder / REFUSED).exists():
            return {"status": "refused", "error": (folder / REFUSED).read_text().strip()}
        try:
            return json.loads((folder / "summary.json").read_text())
        except (OSError, ValueError):
            begun = (folder / "metrics.jsonl").exists()
            return {"status": "unfinished" if begun else "not started"}


class SweepFolder(Callback):
    """Takes note of where Hydra's sweep goes, for ``results_told``, and tells the jobs its whole
    path: a cluster may start them in another folder."""

    path: Path | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        SweepFolder.path = Path(config.hydra.sweep.dir)
        with read_write(config):
            config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(SweepFolder.path)}")


def quoted(path: Path) -> str:
    """A path as a value on Hydra's command line."""
    escaped = str(path.absolute()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def sweep_words(config: DictConfig) -> list[str]:
    """The overrides of a sweep, from its ``hydra`` configuration."""
    params = config.sweeper.get("params") or {}
    return [*(f"{key}={value}" for key, value in params.items()), *config.overrides.task]


def expand(overrides: Sequence[Override]) -> list[list[str]]:
    """The jobs of Hydra's own sweeper: the words of each.

    Raises:
        HydraException: an interval, of which other sweepers make any number of jobs.
    """
    (jobs,) = BasicSweeper.split_arguments(list(overrides), max_batch_size=None)
    return jobs


def _parse(words: list[str]) -> list[Override]:
    if GlobalHydra.instance().is_initialized():
        return OverridesParser.create(GlobalHydra.instance().config_loader()).parse_overrides(words)
    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        return _parse(words)


def count_jobs(config: DictConfig) -> int | None:
    """How many jobs the sweep of this ``hydra`` configuration has; none if there is no telling."""
    try:
        return len(expand(_parse(sweep_words(config))))
    except HydraException:
        return None


@contextmanager
def results_told() -> Iterator[None]:
    """Around a sweep: at its end, however it ends, compare its runs and say what went wrong.

    Raises:
        Failure: a job did not finish; what else ended the sweep is raised as it is.
    """
    SweepFolder.path = None
    try:
        yield
    except Exception as error:
        if SweepFolder.path is None:
            raise
        tell(error)
        raise Failure(str(error), tell_results(SweepFolder.path) or DURING_TRAINING) from error
    except KeyboardInterrupt:
        if SweepFolder.path is not None:
            tell_results(SweepFolder.path)
        raise
    if SweepFolder.path is not None and (exit_code := tell_results(SweepFolder.path)):
        raise Failure("a job did not finish", exit_code)


def tell_results(path: Path) -> int:
    """Print the comparison of a sweep's runs, write it to its folder, and tell of the other jobs.

    Returns:
        The exit code: 1 if a job failed or was stopped, 2 if others were refused, else 0.
    """
    from vae_exp import compare

    sweep = Sweep(path)
    summaries = {job: sweep.summary(job) for job in sweep.jobs}
    counts = Counter(summary["status"] for summary in summaries.values())
    if set(counts) == {"not started"}:
        return BEFORE_TRAINING
    if any(path.glob("**/metrics.jsonl")):
        outputs = {kind: str(path / f"compare.{kind}") for kind in ("csv", "json", "html")}
        try:
            compare.compare(Namespace(folders=[str(path)], sort=None, metrics=None, **outputs))
        except ValueError as error:
            say(f"no comparison: {error}")
    for job, summary in summaries.items():
        if summary["status"] in TOLD:
            name = " ".join(sweep.jobs[job])
            say(f"job {job} ({name}) {summary['status']}: {summary.get('error')}")
    if set(counts) <= {"finished"}:
        return 0
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    say(
        f"of {len(summaries)} jobs {told}; python -m vae_exp.run -m sweep.resume={path} runs "
        "those again that are not finished, with other keys if it is given some"
    )
    return DURING_TRAINING if any(status in counts for status in WORSE) else BEFORE_TRAINING
