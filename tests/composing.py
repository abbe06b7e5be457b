"""Hydra without what takes most of its time and gives the same again, command line after command
line: a run in this process is the run that it is alone."""

import copy

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra

_get_mode = Hydra.get_mode
_merge = ConfigLoaderImpl._compose_config_from_defaults_list
merged = {}


def get_mode(self, config_name, overrides):
    """None, as Hydra finds after composing it all, but where a word may set hydra.mode."""
    if any(word.startswith(("hydra.mode", "experiment")) for word in overrides):
        return _get_mode(self, config_name, overrides)
    return None


def merge(self, defaults, repo):
    """The files of a defaults list in one, before any word changes a value in it."""
    key = repr((defaults, [source.path for source in repo.get_sources()]))
    if key not in merged:
        merged[key] = _merge(self, defaults, repo)
    return copy.deepcopy(merged[key])


Hydra.get_mode = get_mode
ConfigLoaderImpl._compose_config_from_defaults_list = merge
