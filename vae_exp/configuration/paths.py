"""Files that the configuration names: where they are, from any folder."""

from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import QuotedString
from omegaconf import DictConfig

from vae_exp.configuration.overrides import override_key, parse_overrides, quoted

FILES = ("path", "test_path", "root", "cache")  # keys of data
KEYS = tuple(f"data.{key}" for key in FILES)


def absolute_paths(config: DictConfig | dict[str, Any]) -> None:
    """Put what it resolves to here in the place of every relative path, ``~`` being absolute."""
    data = config["data"]
    for key in FILES:
        if key in data:
            data[key] = absolute_value(f"data.{key}", data[key])


def absolute_value(key: str, value: Any, folder: Path | None = None) -> Any:
    """The value of a key; where it is a file's path, relative to ``folder`` or to the present one,
    an absolute one."""
    if key not in KEYS or not isinstance(value, str) or value.startswith("~"):
        return value
    path = str((folder or Path.cwd()) / value)
    if "$" in path:  # it would be a reference, and be resolved once more
        raise ValueError(f"{key}: expected a path without $, got {path}")
    return path


def named_files(given: dict[str, Any]) -> list[str]:
    """The files that values name, by their keys."""
    return [value for key, value in given.items() if key in KEYS and isinstance(value, str)]


def absolute_words(config: dict[str, Any]) -> list[str]:
    """The overrides that name the same files as the configuration of a run does, from anywhere."""
    data = config.get("data")
    paths = {key: data[key] for key in FILES if key in data} if isinstance(data, dict) else {}
    return [
        f"data.{key}={quoted(Path(path))}"
        for key, path in paths.items()
        if isinstance(path, str) and Path(path).is_absolute()
    ]


def absolute_word(word: str, folder: Path) -> str:
    """An override of a command that was given in ``folder``, as it means the same elsewhere."""
    key = override_key(word)
    if key not in KEYS:
        return word
    (parsed,) = parse_overrides([word])
    several = parsed.is_sweep_override()
    values = list(parsed.sweep_iterator(_text)) if several else [parsed.value()]
    if not all(isinstance(value, str) for value in values):
        return word
    return f"{key}={','.join(_word(absolute_value(key, value, folder)) for value in values)}"


def _text(value: Any) -> Any:
    return value.text if isinstance(value, QuotedString) else value


def _word(path: str) -> str:
    return path if path.startswith("~") else quoted(Path(path))
