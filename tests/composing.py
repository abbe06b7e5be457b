"""Hydra without what takes most of its time and gives the same again, command line after command
line: a run in this process is the run that it is alone."""

from hydra._internal import defaults_list as hydra_defaults_list
from hydra._internal.hydra import Hydra

from vae_exp.configuration.composition import keep_compositions

_get_mode = Hydra.get_mode
_interpolation_map = hydra_defaults_list._create_interpolation_map


def get_mode(self, config_name, overrides):
    """None, as Hydra finds after composing it all, but where a word may set hydra.mode."""
    if any(word.startswith(("hydra.mode", "experiment")) for word in overrides):
        return _get_mode(self, config_name, overrides)
    return None


def interpolation_map(overrides, defaults, self_added):
    """What the names of options may refer to, where there is one that does."""
    if any(default.is_interpolation() for default in defaults):
        return _interpolation_map(overrides, defaults, self_added)
    return None


Hydra.get_mode = get_mode
hydra_defaults_list._create_interpolation_map = interpolation_map
keep_compositions()
