"""What differs between runs, and where W&B has it."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig

from vae_exp.comparison.differences import Configuration, differences
from vae_exp.comparison.result import is_number
from vae_exp.configuration.compose import compose, group_keys

ALMOST = 0.8  # a key of an option that is no default may be unlike those of the default
WIDE = 8  # from this ratio between its values on an axis is logarithmic


@dataclass(frozen=True)
class Column:
    """A group or a key of the configuration.

    Args:
        name: as on the command line: ``decoder``, ``objective.beta``.
        numeric: whether its values are numbers; of a group they are words.
        log: whether an axis of it is better logarithmic.
    """

    name: str
    numeric: bool = False
    log: bool = False

    @property
    def path(self) -> str:
        """Where W&B has it: the options, ``network@encoder_network`` as ``encoder_network``, and
        what is no section, ``z_dim``, on top; the rest, ``settings.objective.beta``, below."""
        key = self.name.replace(" (class)", "._target_")
        return f"settings.{key}" if "." in key else key.rpartition("@")[2]


def differing(configurations: Sequence[Configuration]) -> list[Column]:
    """What differs between these configurations, but for the seed."""
    return [_column(name, configurations) for name in differences(configurations)]


def _column(name: str, configurations: Sequence[Configuration]) -> Column:
    having = [c for c in configurations if name in c.options or name in c.keys]
    values = [c.value(name) for c in having]
    numeric = all(map(is_number, values))
    wide = numeric and min(values) > 0 and max(values) >= WIDE * min(values)
    return Column(name, numeric, wide)


def named(names: Sequence[str]) -> list[Column]:
    """Groups and keys that the user names.

    Raises:
        ValueError: there is none such, or one that is spelt almost so.
    """
    config = compose()
    known = list(dict.fromkeys([*group_keys(), *map(str, config)]))
    return [Column(name, is_number(_default(name, config, known))) for name in names]


def _default(name: str, config: DictConfig, known: Sequence[str]) -> Any:
    """The value among the defaults, None where it belongs to an option that is none of them."""
    first, *rest = name.split(".")
    if first not in known:
        near = difflib.get_close_matches(first, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f"--keys: expected a group or a key, got {name}; {hint}")
    node, place = config.get(first), first
    for part in rest:
        keys = list(map(str, node)) if isinstance(node, DictConfig) else []
        near = difflib.get_close_matches(part, keys, n=1, cutoff=ALMOST)
        if part not in keys and near:
            hint = f"did you mean {place}.{near[0]}?"
            raise ValueError(f"--keys: expected a group or a key, got {name}; {hint}")
        node, place = node[part] if part in keys else None, f"{place}.{part}"
    return node
