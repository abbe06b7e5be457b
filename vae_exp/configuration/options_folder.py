"""The folder of a user's own options: that of --config-dir."""

import shlex
from pathlib import Path
from typing import Any


def options_folder(hydra: Any) -> str | None:
    """That of a run or a sweep, of plain values: Hydra's own part of its configuration."""
    runtime = hydra.get("runtime") if isinstance(hydra, dict) else None
    sources = runtime.get("config_sources") if isinstance(runtime, dict) else None
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, dict) and source.get("provider") == "command-line":
            return str(source.get("path"))
    return None


def in_a_command(folder: str | None) -> str:
    """What stands in a command line for it, with a space before it."""
    return "" if folder is None else f" --config-dir {shlex.quote(folder)}"


def check_options(given: str | None) -> None:
    """See that it has options and no more.

    Raises:
        ValueError: it has a configuration, which would not be looked at.
    """
    if given is not None and (Path(given) / "config.yaml").is_file():
        folder = shlex.quote(str(Path(given).resolve()))
        raise ValueError(
            f"--config-dir: expected a folder of options, got {given} with a config.yaml, which "
            f"would not be looked at; --config-path {folder} trains by that file"
        )


def check_given_again(given: str | None, before: str | None, key: str) -> None:
    """See that what goes on finds its options.

    Args:
        given: the folder that the command line has.
        before: the one that the run or sweep had.
        key: what asks to go on.

    Raises:
        ValueError: none is given, and one is needed.
    """
    if given is None and before is not None:
        raise ValueError(
            f"{key}: expected {in_a_command(before).strip()} again, or where those options are "
            "now, got none"
        )
