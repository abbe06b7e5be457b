"""What differs between runs, and where W&B has it."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vae_exp.comparison.differences import Configuration, differences
from vae_exp.configuration.compose import compose, group_keys, root_config

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
    numeric = all(map(_is_number, values))
    wide = numeric and min(values) > 0 and max(values) >= WIDE * min(values)
    return Column(name, numeric, wide)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def named(names: Sequence[str]) -> list[Column]:
    """Groups and keys that the user names.

    Raises:
        ValueError: there is no such group or section.
    """
    known = list(dict.fromkeys([*group_keys(), *(k for k in root_config() if k != "defaults")]))
    for name in names:
        if name.partition(".")[0] not in known:
            near = difflib.get_close_matches(name.partition(".")[0], known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise ValueError(f"--keys: expected a group or a key, got {name}; {hint}")
    return [Column(name, _is_number(_default(name))) for name in names]


def _default(name: str) -> Any:
    """The value among the defaults, None where it belongs to an option that is none of them."""
    node: Any = compose()
    for part in name.split("."):
        node = node.get(part) if hasattr(node, "get") else None
    return node
