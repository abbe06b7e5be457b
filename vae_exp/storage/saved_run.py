"""What a run left in its folder, read back: its configuration and its results."""

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vae_exp.configuration.options_folder import options_folder
from vae_exp.configuration.references import resolve_references
from vae_exp.configuration.renamed import GROUPS, current_config, current_override
from vae_exp.configuration.trust import Trust
from vae_exp.storage import strict_json
from vae_exp.storage.atomic_write import atomic_write
from vae_exp.storage.own_file import (
    MOST_METRICS,
    MOST_RECORDS,
    MOST_SUMMARY,
    own_file,
    read_text,
)
from vae_exp.storage.plain_yaml import load_yaml


class SavedRun:
    """The folder of a run, finished or not. It may be a stranger's, see SECURITY.md.

    ``config`` is its configuration of plain values, with references as they are written.

    Raises:
        ValueError: the folder is none, or its configuration does not read.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path).expanduser()
        if not (self.path / ".hydra" / "config.yaml").is_file():
            found = "no .hydra/config.yaml in it" if self.path.exists() else "no such folder"
            if (self.path / "multirun.yaml").is_file():
                found = f"a sweep, whose jobs have one each, {path}/0 and so on"
            raise ValueError(f"{path}: expected the folder of a run, found {found}")
        self.config: dict[str, Any] = current_config(self._yaml("config"))
        if not isinstance(self.config, dict):
            raise ValueError(f"{self._file('config')}: expected a mapping, got another value")
        self.summary_file = self.path / "summary.json"

    @cached_property
    def choices(self) -> dict[str, str]:
        """The option chosen in each group."""
        choices = self._yaml("hydra")
        for key in ("hydra", "runtime", "choices"):
            choices = choices.get(key) if isinstance(choices, dict) else None
        if not isinstance(choices, dict):
            raise ValueError(f"{self._file('hydra')}: expected hydra.runtime.choices")
        chosen = {
            str(group): str(option)
            for group, option in choices.items()
            if option is not None and not str(group).startswith("hydra/")
        }
        return {**GROUPS, **chosen}

    @cached_property
    def options_folder(self) -> str | None:
        """That of its --config-dir, where Hydra's part of the configuration is kept and has it."""
        hydra = self._yaml("hydra") if self._file("hydra").is_file() else None
        return options_folder(hydra.get("hydra") if isinstance(hydra, dict) else None)

    @cached_property
    def overrides(self) -> list[str]:
        """The words of its command line, as they are written at present."""
        words = self._yaml("overrides")
        if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
            raise ValueError(f"{self._file('overrides')}: expected a list of words, got {words}")
        return [current_override(word) for word in words]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """``summary.json``, empty where the run has not come that far."""
        if not self.summary_file.exists():
            return {}
        try:
            summary = json.loads(read_text(self.path, self.summary_file, MOST_SUMMARY))
        except (OSError, ValueError, RecursionError) as error:
            raise ValueError(f"{self.summary_file}: expected JSON ({error})") from error
        if not isinstance(summary, dict):
            found = type(summary).__name__
            raise ValueError(f"{self.summary_file}: expected an object, got {found}")
        return summary

    @cached_property
    def metrics(self) -> list[dict[str, float]]:
        """The records of ``metrics.jsonl``, but for a last one that was cut short."""
        file = self.path / "metrics.jsonl"
        text = read_text(self.path, file, MOST_METRICS) if file.exists() else ""
        if (count := text.count("\n")) > MOST_RECORDS:
            raise ValueError(f"{file}: expected at most {MOST_RECORDS} records, got {count}")
        lines, records = text.splitlines(), []
        for number, line in enumerate(lines, start=1):
            try:
                records.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                if number < len(lines):
                    raise ValueError(f"{file}: expected JSON in line {number} ({error})") from error
        return records

    def update_summary(self, values: dict[str, Any], instead_of: tuple[str, ...] = ()) -> None:
        """Put values into ``summary.json``, in one move.

        Args:
            instead_of: what names begin with whose values go.
        """
        kept = {n: value for n, value in self.summary.items() if not n.startswith(instead_of)}
        self.summary = kept | values
        with atomic_write(self.summary_file) as file:
            file.write_text(strict_json.dumps(self.summary, indent=2) + "\n")

    def trusted(
        self,
        config: dict[str, Any],
        trust: Trust,
        sections: Sequence[str],
        settings: Sequence[str] = (),
    ) -> DictConfig:
        """A configuration as plain values, all of it resolved, once it has been looked at.

        Args:
            config: that of the run, or one made of it.
            sections, settings: what it has to have, with a ``_target_`` and without.

        Raises:
            ValueError: it has not, or it names what is not trusted.
        """
        values = resolve_references(config)
        file = self._file("config")
        for name in (*sections, *settings):
            if name not in values:
                raise ValueError(f"{file}: expected a section {name}, found none")
        for name in sections:
            if not (isinstance(values[name], dict) and "_target_" in values[name]):
                raise ValueError(f"{file}: expected a _target_ in the section {name}, found none")
        trust.check(values)
        return OmegaConf.create(values)

    def checkpoint(self, weights: str) -> Path:
        """The file of the ``best`` weights by validation ELBO, or of the ``last``."""
        return own_file(self.path, self.path / "checkpoints" / f"{weights}.pt")

    def _yaml(self, name: str) -> Any:
        return load_yaml(self.path, self._file(name))

    def _file(self, name: str) -> Path:
        return self.path / ".hydra" / f"{name}.yaml"


def find_runs(paths: Iterable[str | Path]) -> list[SavedRun]:
    """The runs in these folders: each a run, or one that holds runs, such as a sweep's.

    Folders of runs that were refused before they started are passed over.

    Raises:
        ValueError: a folder has none.
    """
    found: dict[Path, SavedRun] = {}
    for path in map(Path, paths):
        files = sorted(path.expanduser().glob("**/metrics.jsonl"), key=_natural)
        runs = [SavedRun(file.parent) for file in files]
        if not runs:
            what = "none there" if path.exists() else "no such folder"
            raise ValueError(
                f"{path}: expected a run's folder or one that holds runs, found {what}"
            )
        found |= {run.path.resolve(): run for run in runs}
    return list(found.values())


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that puts job 10 after job 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in path.parts]
