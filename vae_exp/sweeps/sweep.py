"""A sweep: the jobs of a folder, and what has become of each."""

import json
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from vae_exp.configuration.options_folder import options_folder
from vae_exp.configuration.overrides import override_key, parse_overrides
from vae_exp.configuration.renamed import current_override
from vae_exp.storage.own_file import MOST_SUMMARY, read_text
from vae_exp.storage.plain_yaml import load_yaml

REFUSED = "refused.txt"  # in a job's folder, why it was


class Sweep:
    """The folder of a sweep, ``<folder>/<number of the job>/``, finished or not.

    Where ``multirun.yaml`` is missing, as other sweepers than Hydra's own leave it, the jobs are
    those that have a folder, and nothing is known of their overrides.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path).expanduser()

    @cached_property
    def config(self) -> dict[str, Any] | None:
        """What Hydra knew of the sweep: ``hydra.overrides`` and ``hydra.sweeper.params``."""
        file = self.path / "multirun.yaml"
        if not file.is_file():
            return None
        config = _at(load_yaml(self.path, file), "hydra")
        for kind in ("task", "hydra"):
            words = _at(config, "overrides", kind)
            if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
                raise ValueError(
                    f"{file}: expected a list of words in hydra.overrides.{kind}, got {words}"
                )
        return config

    @cached_property
    def command(self) -> list[str]:
        """The words of its command line, as they are written at present.

        Raises:
            ValueError: there is none, or it does not read.
        """
        if self.config is None:
            raise ValueError(f"{self.path / 'multirun.yaml'}: expected a file, found none")
        overrides = self.config["overrides"]
        return [current_override(word) for word in [*overrides["task"], *overrides["hydra"]]]

    @cached_property
    def options_folder(self) -> str | None:
        """That of its --config-dir."""
        return options_folder(self.config)

    @cached_property
    def started_in(self) -> Path:
        """The folder that its command was given in."""
        folder = _at(self.config, "runtime", "cwd")
        return Path(folder) if isinstance(folder, str) else Path.cwd()

    @cached_property
    def words(self) -> list[str]:
        """The overrides of the whole sweep, those of a recipe first."""
        return [] if self.config is None else sweep_words(self.config)

    @cached_property
    def swept(self) -> set[str] | None:
        """The keys and groups that have several values, none where that is not known."""
        if self.config is None:
            return None
        parsed = parse_overrides(self.words)
        found = {word.get_key_element() for word in parsed if word.is_sweep_override()}
        return {key.lstrip("+~") for key in found}

    @cached_property
    def jobs(self) -> dict[int, list[str]]:
        """The overrides of each job by its number, in words that are swept."""
        if self.config is None:
            numbers = [int(path.name) for path in self.path.glob("*/") if path.name.isdigit()]
            return {number: [] for number in sorted(numbers)}
        return {
            number: [word for word in words if override_key(word) in self.swept]
            for number, words in enumerate(expand(parse_overrides(self.words)))
        }

    def summary(self, job: int) -> dict[str, Any]:
        """``summary.json`` of a job, or what its absence says: refused, unfinished, not started."""
        folder = self.path / str(job)
        if (folder / REFUSED).exists():
            return {
                "status": "refused",
                "error": read_text(folder, folder / REFUSED, MOST_SUMMARY).strip(),
            }
        try:
            return json.loads(read_text(folder, folder / "summary.json", MOST_SUMMARY))
        except (OSError, ValueError):
            begun = (folder / "metrics.jsonl").exists()
            return {"status": "unfinished" if begun else "not started"}


@cache
def swept_keys(path: Path) -> set[str] | None:
    """What has several values in a sweep, which its jobs find as it was at the first of them."""
    return Sweep(path).swept


def sweep_words(config: dict[str, Any]) -> list[str]:
    """The overrides of a sweep, from its ``hydra`` configuration of plain values."""
    params = _at(config, "sweeper", "params")
    words = [f"{key}={value}" for key, value in (params or {}).items()]
    return [current_override(word) for word in [*words, *config["overrides"]["task"]]]


def _at(node: Any, *keys: str) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def expand(overrides: Sequence[Override]) -> list[list[str]]:
    """The jobs of Hydra's own sweeper: the words of each.

    Raises:
        HydraException: an interval, of which other sweepers make any number of jobs.
    """
    (jobs,) = BasicSweeper.split_arguments(list(overrides), max_batch_size=None)
    return jobs


def count_jobs(config: DictConfig) -> int | None:
    """How many jobs the sweep of this ``hydra`` configuration has; none if there is no telling."""
    try:
        return len(expand(parse_overrides(sweep_words(OmegaConf.to_container(config)))))
    except HydraException:
        return None
