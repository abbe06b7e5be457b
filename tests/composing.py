"""Hydra without what takes most of its time and gives the same again, command line after command
line: a run in this process is the run that it is alone."""

import copy
import pickle
from pathlib import Path

from hydra._internal import config_loader_impl
from hydra._internal import defaults_list as hydra_defaults_list
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.defaults_list import Overrides
from hydra._internal.hydra import Hydra

_get_mode = Hydra.get_mode
_merge = ConfigLoaderImpl._compose_config_from_defaults_list
_defaults_list = config_loader_impl.create_defaults_list
_interpolation_map = hydra_defaults_list._create_interpolation_map
loaded, listed, merged = {}, {}, {}


def get_mode(self, config_name, overrides):
    """None, as Hydra finds after composing it all, but where a word may set hydra.mode."""
    if any(word.startswith(("hydra.mode", "experiment")) for word in overrides):
        return _get_mode(self, config_name, overrides)
    return None


def load_config(self, config_path):
    """A file of the search path, read once."""
    if config_path not in self.cache:
        key = (config_path, *_places(self))
        if key not in loaded:
            loaded[key] = pickle.dumps(self.delegate.load_config(config_path=config_path))
        self.cache[config_path] = pickle.loads(loaded[key])
    return self.cache[config_path]


def defaults_list(repo, config_name, overrides_list, prepend_hydra, skip_missing):
    """Which files there are to merge: a matter of the options chosen, and of no other words."""
    overrides = Overrides(repo, overrides_list)
    values = {id(override) for override in overrides.config_overrides}
    chosen = [override.input_line for override in overrides_list if id(override) not in values]
    key = (config_name, prepend_hydra, skip_missing, *chosen, *_places(repo))
    if key not in listed:
        listed[key] = _defaults_list(repo, config_name, overrides_list, prepend_hydra, skip_missing)
    found = copy.copy(listed[key])
    found.config_overrides = overrides.config_overrides
    return found


def interpolation_map(overrides, defaults, self_added):
    """What the names of options may refer to, where there is one that does."""
    if any(default.is_interpolation() for default in defaults):
        return _interpolation_map(overrides, defaults, self_added)
    return None


def merge(self, defaults, repo):
    """The files of a defaults list in one, before any word changes a value in it."""
    key = repr((defaults, _places(repo)))
    if key not in merged:
        merged[key] = pickle.dumps(_merge(self, defaults, repo))
    return pickle.loads(merged[key])


def _places(repo):
    """The search path, where a folder may be named from the working directory."""
    paths = [source.path for source in repo.get_sources()]
    return [str(Path(p[7:]).absolute()) if p.startswith("file://") else p for p in paths]


Hydra.get_mode = get_mode
CachingConfigRepository.load_config = load_config
hydra_defaults_list._create_interpolation_map = interpolation_map
config_loader_impl.create_defaults_list = defaults_list
ConfigLoaderImpl._compose_config_from_defaults_list = merge
