"""What Hydra takes without a word on a command line, and no one can have meant."""

import importlib.util
import shlex
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override

from vae_exp.configuration.compose import group_keys, root_config
from vae_exp.configuration.folder_words import RESUMED

FOLDERS = ("hydra.run.dir", "hydra.sweep.dir")
COMMANDS = {
    "run": "train a VAE, or with -m a sweep of them",
    "evaluate": "evaluate a run again, with other settings",
    "sample": "draw from its model",
    "reconstruct": "data through it and back",
    "encode": "where it puts each datum",
    "score": "how likely each datum is",
    "impute": "fill in what is missing",
    "compress": "data in a few bits",
    "decompress": "and out of them",
    "certify": "bounds on its log-likelihood from both sides",
    "compare": "runs beside each other, as a table and a page",
    "search": "the best of many settings, by Optuna",
    "reproduce": "published numbers, reached or not",
    "atlas": "every combination of parts",
    "workspace": "W&B's page of the runs",
    "check": "a part of your own under test",
    "catalogue": "what parts there are, and which go together",
}


def check_command(words: list[str]) -> None:
    """Look whether the first word of a command line is the name of a command, which it is not of
    ``vae-exp``.

    Raises:
        ValueError: it is.
    """
    if words and words[0] in COMMANDS:
        raise ValueError(
            f"{words[0]}: expected key=value or group=option, got the name of a command; python -m "
            f"vae_exp.{shlex.join(words)}"
        )


def check_overrides(words: list[str]) -> None:
    """Look at each word of a command line that is an override, before Hydra composes of them.

    Of a key that is given twice the last value counts, as always with Hydra; that two different
    options of a group are given is a mistake, and two folders to go on with are.

    Raises:
        OverrideParseException: a word cannot be read.
        ValueError: it says what cannot be meant.
    """
    chosen: dict[str, Any] = {}
    for override in OverridesParser.create().parse_overrides(words):
        key = override.get_key_element().lstrip("+~")
        if override.is_delete():
            _check_deletion(key)
            continue
        for value in _values(override):
            if key in group_keys() or key.startswith("hydra/"):
                _check_option(key, value)
            else:
                _check_value(key, value)
        if key in group_keys() or key in RESUMED:
            other = chosen.setdefault(key, override.get_value_string())
            if other != override.get_value_string():
                got = f"{other} and {override.get_value_string()}"
                what = "folder" if key in RESUMED else "option"
                raise ValueError(f"{key}: expected one {what}, got {got}")


def check_mode(words: list[str], multirun: bool) -> None:
    """Refuse a folder, or a sweep to go on with, that would be passed over.

    Raises:
        ValueError: the key belongs to a sweep, and there is none, or the other way round.
    """
    given = {o.key_or_group: o.value() for o in OverridesParser.create().parse_overrides(words)}
    if multirun and "hydra.run.dir" in given and "hydra.sweep.dir" not in given:
        raise ValueError("hydra.run.dir: expected hydra.sweep.dir, the folder of a sweep, with -m")
    if not multirun and "hydra.sweep.dir" in given and "hydra.run.dir" not in given:
        raise ValueError("hydra.sweep.dir: expected hydra.run.dir, the folder of a run, without -m")
    resumed = given.get("sweep.resume", False)
    if not multirun and resumed is not False:
        raise ValueError(f"sweep.resume: expected -m with it, to sweep, got {resumed} without -m")


def is_multirun(words: list[str]) -> bool:
    """Whether an override says what -m says."""
    return any(word.lower() == "hydra.mode=multirun" for word in words)


def _values(override: Override) -> list[Any]:
    value = override.value()
    return list(value.list) if isinstance(value, ChoiceSweep) else [value]


def _check_deletion(key: str) -> None:
    if key in group_keys() or key in root_config():
        raise ValueError(f"{key}: expected a value, for every run has one, got ~{key}")


def _check_option(key: str, value: Any) -> None:
    problem = f"{key}: expected the name of an option, got {_shown(value)}"
    if isinstance(value, list):
        raise ValueError(f"{problem}; -m {key}=a,b sweeps over several")
    if value == {}:
        raise ValueError(f"{problem}, which changes nothing")
    if isinstance(value, str) and Path(value).suffix in (".yaml", ".yml"):
        raise ValueError(f"{problem}; {key}={Path(value).stem} is how it is chosen")
    if isinstance(value, str) and (value.startswith("/") or ".." in value.split("/")):
        raise ValueError(f"{problem}; --config-dir adds a folder with options of your own")


def _check_value(key: str, value: Any) -> None:
    if key in FOLDERS and value == "":
        raise ValueError(f"{key}: expected a folder, got nothing; . is this one")
    if key == "hydra.verbose" and not isinstance(value, bool):
        for name in value if isinstance(value, list) else [value]:
            if not _names_logger(str(name)):
                raise ValueError(
                    f"{key}: expected true, false or the name of a logger, such as vae_exp, got "
                    f"{name}"
                )
    section = root_config()
    for name in key.split("."):
        section = section.get(name) if isinstance(section, dict) else None
    if isinstance(section, dict) and not (isinstance(value, dict) and value):
        keys = ", ".join(f"{key}.{name}" for name in section)
        raise ValueError(f"{key}: expected one of its keys, which are {keys}, got {_shown(value)}")


def _names_logger(name: str) -> bool:
    top = name.partition(".")[0]
    return name == "root" or (top.isidentifier() and importlib.util.find_spec(top) is not None)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
