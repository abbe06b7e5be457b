"""What differs between configurations, and which of them are the same experiment."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# what does not make another experiment: how it is run, watched and repeated
SAME_EXPERIMENT = {
    "seed",
    "device",
    "threads",
    "resume",
    "data.root",
    "data.cache",
    "trainer.log_every",
    "trainer.checkpoint_every",
    "evaluation.importance_samples",  # the summary says how many there were in the end
    "evaluation.max_elements",  # how much memory
    "evaluation.part_seconds",  # the summary says what was reduced
    "evaluation.probe",  # whether there are accuracies as well
    "evaluation.disentanglement",  # ... and such scores
}
SAME_EXPERIMENT_SECTIONS = {"wandb", "plots", "sweep"}
# a group that only sets other groups and keys, which are compared themselves
RECIPES = "experiment"


@dataclass(frozen=True)
class Configuration:
    """A run's configuration, flat.

    Args:
        options: the option chosen in each group.
        keys: value of every dotted key; a ``_target_`` stands under its parent's name and
            " (class)".
    """

    options: dict[str, str]
    keys: dict[str, Any]

    @cached_property
    def identity(self) -> str:
        """The same text for runs that differ in their seed, or in nothing, and for no others."""
        options = {group: o for group, o in self.options.items() if defines_experiment(group)}
        keys = {key: _plain(value) for key, value in self.keys.items() if defines_experiment(key)}
        return json.dumps([options, keys], sort_keys=True, default=str)

    def value(self, name: str) -> Any:
        """Of a group or a key. Raises KeyError where this configuration has none such."""
        return self.options[name] if name in self.options else self.keys[name]

    def shown(self, name: str) -> str:
        """The value as one would write it on the command line, "" where there is none; of one that
        refers to another key, that key's."""
        referred = self._referred(name)
        try:
            value = self.value(name if referred is None else referred)
        except KeyError:
            return ""
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))

    def label(self, names: Sequence[str]) -> str:
        """``decoder=gaussian z_dim=5``: these groups and keys, where there are any.

        What refers to another key is left out, for that key says it.
        """
        values = [(name, self.shown(name)) for name in names if self._referred(name) is None]
        said = [f"{name}={shown}" for name, shown in values if shown and shown[:2] != "${"]
        return " ".join(said)

    def _referred(self, name: str) -> str | None:
        """The key that a key's value is, ``z_dim`` of ``${z_dim}``, if there is one."""
        link = re.fullmatch(r"\$\{([\w.]+)\}", str(self.keys.get(name)))
        return link[1] if link and link[1] in self.keys else None


def configuration(config: dict[str, Any], options: dict[str, str]) -> Configuration:
    """Flatten a run's unresolved configuration, so that a difference shows at its source alone."""
    keys = dict(_leaves(config, ""))
    order = list(dict.fromkeys(key.partition(".")[0].partition(" ")[0] for key in keys))
    places = {group: order.index(s) for group in options if (s := _section(group)) in order}
    options = {g: options[g] for g in sorted(options, key=lambda g: places.get(g, len(order)))}
    return Configuration(options, keys)


def defines_experiment(name: str) -> bool:
    """Whether another value of this group or key makes another experiment."""
    section = name.partition(".")[0].partition(" ")[0]
    return name not in SAME_EXPERIMENT | {RECIPES} and section not in SAME_EXPERIMENT_SECTIONS


def differences(configurations: Sequence[Configuration]) -> list[str]:
    """The groups whose option differs, then the dotted keys that do.

    A key inside a group counts if it differs among runs with the same option of that group:
    otherwise the option says it.
    """
    groups = list(dict.fromkeys(group for c in configurations for group in c.options))
    keys = list(dict.fromkeys(key for c in configurations for key in c.keys))
    sections = {_section(group): group for group in groups}
    differing = [
        group
        for group in filter(defines_experiment, groups)
        if len({c.options.get(group) for c in configurations}) > 1
    ]
    for key in filter(defines_experiment, keys):
        group = _group_of(key, sections)
        values = defaultdict(set)
        for c in configurations:
            value = json.dumps(_plain(c.keys[key]), default=str) if key in c.keys else None
            values[c.options.get(group) if group else None].add(value)
        if any(len(among_same_option) > 1 for among_same_option in values.values()):
            differing.append(key)
    return differing


def _section(group: str) -> str:
    """Where a group's keys lie: network@encoder_network in encoder_network."""
    return (group.partition("@")[2] or group).replace("/", ".")


def _group_of(key: str, sections: dict[str, str]) -> str | None:
    section = key.removesuffix(" (class)")
    while section not in sections:
        section, dot, _ = section.rpartition(".")
        if not dot:
            return None
    return sections[section]


def _leaves(node: dict, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if name == "_target_":
            yield f"{prefix.rstrip('.')} (class)", value
        elif isinstance(value, dict):
            yield from _leaves(value, f"{key}.")
        elif not (str(name).startswith("_") and str(name).endswith("_")):  # _partial_, _convert_
            yield key, value


def _plain(value: Any) -> Any:
    """The value with 1 and 1.0 made the same."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value
