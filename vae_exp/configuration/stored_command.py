"""The command line that a folder keeps, which ``resume`` and ``sweep.resume`` run again.

It chooses options and sets keys of the program's own groups. A folder may be a stranger's, so what
could do more than that is not taken out of it: flags, Hydra's own settings, which can start
commands, classes, and functions that look at the environment.
"""

import re
from collections.abc import Iterable
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, RangeSweep, Sweep
from hydra.errors import HydraException

from vae_exp.configuration.compose import group_keys, root_config
from vae_exp.configuration.references import REFERENCE, SELECT
from vae_exp.configuration.trust import Trust

# the others keep what they run, and its results, in the folder
LAUNCHERS = ("parallel", "vmap", "basic")
ELSEWHERE = ("wandb.dir",)  # what is written there is not in the folder
OPTION = re.compile(r"\w[\w-]*(?:/\w[\w-]*)*")  # a file of conf/, and none elsewhere
MOST_LETTERS = 4_000
MOST_JOBS = 10_000
MOST_PROCESSES = 1024
OPTIONS = 100  # that a glob may stand for, about


def check_stored(words: Iterable[str], trust: Trust, key: str) -> None:
    """See that the words of a folder's command line choose and set, and do no more.

    Args:
        trust: in whose classes ``_target_`` may be set.
        key: what takes the words out of the folder.

    Raises:
        ValueError: one does more.
    """
    groups = group_keys()
    sections = {*root_config()} - {"defaults", "hydra"}
    sections |= {group.partition("@")[2] or group for group in groups}
    jobs = 1
    for word in words:
        try:
            jobs *= _check(word, groups, sections, trust)
            if jobs > MOST_JOBS:
                raise ValueError(f"a sweep has at most {MOST_JOBS} jobs")
        except (ValueError, HydraException) as error:
            reason = " ".join(str(error).split())
            raise ValueError(
                f"{key}: expected key=value or group=option of the program's own groups in the "
                f"folder, got {word}: {reason}; what is meant has to be given on the command line"
            ) from error


def _check(word: str, groups: list[str], sections: set[str], trust: Trust) -> int:
    """Raises ValueError where a word does more than it may; how many values it has otherwise."""
    if len(word) > MOST_LETTERS:
        raise ValueError(f"a word has at most {MOST_LETTERS} letters")
    (override,) = OverridesParser.create().parse_overrides([word])
    name = override.get_key_element().lstrip("+~")
    values, count = _values(override)
    if name in groups:
        for option in values:
            if option is not None and not OPTION.fullmatch(str(option)):
                raise ValueError(f"{option} is no option")
    elif name.startswith("hydra"):
        of_processes = name == "hydra/launcher" and values and values[0] in LAUNCHERS
        number = name == "hydra.launcher.n_jobs" and values and type(values[0]) is int
        if not (of_processes or (number and values[0] <= MOST_PROCESSES)):
            raise ValueError(
                f"of Hydra's own settings it may be hydra/launcher, {' or '.join(LAUNCHERS)}, and "
                "hydra.launcher.n_jobs alone"
            )
    elif "@" in name or name.partition(".")[0] not in sections or name in ELSEWHERE:
        raise ValueError(f"{name} is not taken from a folder")
    else:
        for value in values:
            for part in reversed(name.split(".")[1:]):
                value = {part: value}
            _check_value(value, name.partition(".")[0], trust)
    return count


def _values(override: Override) -> tuple[list[Any], int]:
    """What an override sets, all values where it sweeps, or the ends of a range; and how many."""
    value = override._value
    if isinstance(value, ChoiceSweep):
        values = [Override._convert_value(choice) for choice in value.list]
        return values, len(values)
    if isinstance(value, RangeSweep):
        if not value.step:
            raise ValueError("a range has steps")
        return [value.start, value.stop], int(abs((value.stop - value.start) / value.step)) + 1
    if isinstance(value, Glob):
        return [], OPTIONS
    if isinstance(value, Sweep):
        raise ValueError("an interval is for searches")
    return ([] if override.value_type is None else [override.value()]), 1


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
    elif isinstance(value, Sweep):
        raise ValueError("a value is no sweep")
    elif isinstance(value, str):
        rest = re.sub(f"{REFERENCE.pattern}|{SELECT.pattern}", "", value)
        if "$" in rest or (rest != value and "{" in rest):  # or two could make another one together
            raise ValueError(f"{value} is more than references to other keys")
