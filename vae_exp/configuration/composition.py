"""Composing the options of a command once for all the jobs that have the same.

The jobs of a sweep over seeds differ in values alone, and Hydra puts the same thirty files together
for each of them, twice: before the sweep, to see whether that can be done, and for the job. For the
commands alone: ``vae_exp.compose`` keeps none, in the process of whoever calls it.
"""

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra._internal import config_loader_impl, defaults_list
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.defaults_list import DefaultsList, Overrides
from hydra.core.default_element import ResultDefault
from hydra.core.override_parser.types import Override
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import DictConfig

MOST = 256  # compositions that are kept, of 60 kB each
FILE = "file://"

Stamp = tuple[tuple[int, int] | None, ...]


@dataclass
class Composition:
    """What a choice of options comes to: the list of its files, and those put together."""

    found: DefaultsList
    stamp: Stamp
    pickled: bytes | None = None  # read back in a seventh of the time of a copy


class Compositions:
    """Those that were made, by the words that chose the options and the places of the files.

    One whose files have changed, or that would find other files now, is made anew.
    """

    def __init__(self):
        self.kept: dict[tuple, Composition] = {}
        self.files: dict[type[ConfigSource], Files] = {}
        self.find, self.put_together = (
            defaults_list.create_defaults_list,
            ConfigLoaderImpl._compose_config_from_defaults_list,
        )

    def defaults_list(
        self,
        repo: Any,
        config_name: str | None,
        overrides_list: list[Override],
        prepend_hydra: bool,
        skip_missing: bool,
    ) -> DefaultsList:
        """Stands for Hydra's ``create_defaults_list``."""
        own = Overrides(repo, overrides_list).config_overrides
        choices = (word.input_line for word in overrides_list if not any(word is o for o in own))
        sources = repo.get_sources()
        self._keep_files(sources)
        places = ((source.provider, source.full_path()) for source in sources)
        key = (os.getcwd(), config_name, prepend_hydra, skip_missing, *choices, None, *places)
        known = self.kept.get(key)
        if known is None or known.stamp != _stamp(known.found.defaults, sources):
            found = self.find(repo, config_name, overrides_list, prepend_hydra, skip_missing)
            if len(self.kept) >= MOST:
                self.kept.clear()
            known = self.kept[key] = Composition(found, _stamp(found.defaults, sources))
        found = known.found
        return DefaultsList(found.defaults, found.defaults_tree, own, found.overrides)

    def config(
        self, loader: ConfigLoaderImpl, defaults: list[ResultDefault], repo: Any
    ) -> DictConfig:
        """Stands for ``ConfigLoaderImpl._compose_config_from_defaults_list``."""
        made = [known for known in self.kept.values() if known.found.defaults is defaults]
        if not made or _of_plugins(defaults):
            return self.put_together(loader, defaults, repo)
        (known,) = made
        if known.pickled is None:
            known.pickled = pickle.dumps(self.put_together(loader, defaults, repo))
        return pickle.loads(known.pickled)

    def _keep_files(self, sources: list[ConfigSource]) -> None:
        """Have each kind of source that reads files read each file once.

        They are classes of Hydra's, and others than an import would give, as it loads plugins anew.
        """
        for kind in {type(source) for source in sources if source.scheme() in ("file", "pkg")}:
            if kind not in self.files:
                files = self.files[kind] = Files(kind)
                kind.load_config = lambda self, config_path, files=files: files.load(
                    self, config_path
                )


def _of_plugins(defaults: list[ResultDefault]) -> bool:
    """Whether a launcher or sweeper is a plugin's, whose classes Hydra loads more than once.

    What was pickled with one of them could not be sent to another process.
    """
    paths = [default.config_path or "" for default in defaults]
    chosen = [path for path in paths if path.startswith(("hydra/launcher/", "hydra/sweeper/"))]
    return any(not path.endswith("/basic") for path in chosen)


def _stamp(defaults: list[ResultDefault], sources: list[ConfigSource]) -> Stamp:
    """When each file that may be one of these was changed, and its size; none if there is none."""
    folders = [Path(s.path.removeprefix(FILE)) for s in sources if s.scheme() == "file"]
    names = [f"{default.config_path}.yaml" for default in defaults if default.config_path]
    return tuple(_changed(folder / name) for folder in folders for name in names)


def _changed(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


class Files:
    """Files as they were read, until they change: sweeps of options have most of them in common.

    Args:
        source: of Hydra, whose ``load_config`` this stands for.
    """

    def __init__(self, source: type[ConfigSource]):
        self.kept: dict[tuple[str, str], tuple[tuple[int, int] | None, bytes]] = {}
        self.read = source.load_config
        self.can_change = source.scheme() == "file"  # and not what is in a package

    def load(self, source: ConfigSource, config_path: str) -> ConfigResult:
        """Stands for ``ConfigSource.load_config``."""
        name = config_path if config_path.endswith(".yaml") else f"{config_path}.yaml"
        file = os.path.abspath(os.path.join(source.path.removeprefix(FILE), name))
        changed = _changed(Path(file)) if self.can_change else None
        key = (source.provider, file)
        if key not in self.kept or self.kept[key][0] != changed:
            self.kept[key] = changed, pickle.dumps(self.read(source, config_path))
        return pickle.loads(self.kept[key][1])


def keep_compositions() -> None:
    """Have Hydra compose the same options once in a process; what it comes to is the same."""
    if config_loader_impl.create_defaults_list is defaults_list.create_defaults_list:
        kept = Compositions()
        config_loader_impl.create_defaults_list = kept.defaults_list
        ConfigLoaderImpl._compose_config_from_defaults_list = lambda self, defaults, repo: (
            kept.config(self, defaults, repo)
        )
