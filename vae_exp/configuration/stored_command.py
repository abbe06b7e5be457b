"""The command line that a folder keeps, which ``resume`` and ``sweep.resume`` run again.

It chooses options and sets keys of the program's own groups. A folder may be a stranger's, so what
could do more than that is not taken out of it: flags, Hydra's own settings, which can start
commands, classes, and functions that look at the environment.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, RangeSweep
from hydra.errors import HydraException
from omegaconf import OmegaConf

from vae_exp.configuration.compose import config_file, group_keys
from vae_exp.configuration.references import REFERENCE, SELECT
from vae_exp.configuration.trust import Trust

# of Hydra's own settings, those that say no more than where and how many
HYDRA = ("hydra.mode", "hydra.verbose")
LAUNCHER = (
    *("n_jobs", "nodes", "cpus_per_task", "gpus_per_node", "mem_gb", "timeout_min"),
    *("partition", "account", "qos", "array_parallelism", "max_num_timeout", "signal_delay_s"),
    *("ray.remote.num_cpus", "ray.remote.num_gpus"),
)
PLACES = ("hydra.sweep.dir", "hydra.sweep.subdir")
OPTION = re.compile(r"\w[\w-]*(?:/\w[\w-]*)*")  # a file of conf/, and none elsewhere
NAME = re.compile(r"[\w.:-]*")  # of a partition, an account
MOST_LETTERS = 4_000
MOST_JOBS = 100_000


def check_stored(words: Iterable[str], trust: Trust, key: str) -> None:
    """See that the words of a folder's command line choose and set, and do no more.

    Args:
        trust: in whose classes ``_target_`` may be set.
        key: what takes the words out of the folder.

    Raises:
        ValueError: one does more.
    """
    groups = group_keys()
    sections = {str(name) for name in OmegaConf.load(config_file())} - {"defaults", "hydra"}
    sections |= {group.partition("@")[2] or group for group in groups}
    for word in words:
        try:
            _check(word, groups, sections, trust)
        except (ValueError, HydraException) as error:
            reason = " ".join(str(error).split())
            raise ValueError(
                f"{key}: expected key=value or group=option of the program's own groups in the "
                f"folder, got {word}: {reason}; what is meant has to be given on the command line"
            ) from error


def _check(word: str, groups: list[str], sections: set[str], trust: Trust) -> None:
    if len(word) > MOST_LETTERS:
        raise ValueError(f"a word has at most {MOST_LETTERS} letters")
    (override,) = OverridesParser.create().parse_overrides([word])
    name = override.get_key_element().lstrip("+~")
    values = list(_values(override))
    if name in groups or name in ("hydra/launcher", "hydra/sweeper"):
        for option in values:
            if option is not None and not OPTION.fullmatch(str(option)):
                raise ValueError(f"{option} is no option")
        return
    if name.startswith("hydra"):
        known = name in HYDRA or name.removeprefix("hydra.launcher.") in LAUNCHER
        plain = known and all(NAME.fullmatch(str(value)) for value in values)
        if not plain and name not in PLACES:
            raise ValueError("of Hydra's own settings it may be the launcher's numbers alone")
        return
    if "@" in name or name.partition(".")[0] not in sections:
        raise ValueError(f"there is no key {name}")
    for value in values:
        for part in reversed(name.split(".")[1:]):
            value = {part: value}
        _check_value(value, name.partition(".")[0], trust)


def _values(override: Override) -> Iterator[Any]:
    """What an override sets, one after the other where it sweeps; bounds of a range stand for it.

    Raises:
        ValueError: there are too many.
    """
    value = override._value
    if isinstance(value, ChoiceSweep):
        yield from map(Override._convert_value, value.list)
    elif isinstance(value, RangeSweep):
        if not value.step or abs((value.stop - value.start) / value.step) > MOST_JOBS:
            raise ValueError(f"a range has at most {MOST_JOBS} values")
        yield from (value.start, value.stop)
    elif isinstance(value, Glob):
        return
    elif override.value_type is not None:
        yield override.value()


def _check_value(value: Any, key: str, trust: Trust) -> None:
    if isinstance(value, dict):
        for name, child in value.items():
            full_key = f"{key}.{name}"
            if name == "_target_":
                trust.check_name(child, full_key)
            elif str(name).startswith("_") and name != "_partial_":
                raise ValueError(f"{full_key} is not taken from a folder")
            _check_value(child, full_key, trust)
    elif isinstance(value, list):
        for i, child in enumerate(value):
            _check_value(child, f"{key}.{i}", trust)
    elif isinstance(value, str) and "${" in re.sub(
        f"{REFERENCE.pattern}|{SELECT.pattern}", "", value
    ):
        raise ValueError(f"{value} is more than a reference to another key")
