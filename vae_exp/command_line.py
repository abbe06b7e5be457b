"""A command line that goes on with a run or a sweep, completed by what that was started with."""

from pathlib import Path

from vae_exp.identity import key_of
from vae_exp.saved_run import SavedRun
from vae_exp.sweep import Sweep, quoted

SWEEPS = "outputs/sweeps"  # where conf/config.yaml puts them
OF_THE_FOLDER = ("hydra.mode", "hydra.sweep.dir", "sweep.resume")


def completed(words: list[str], overrides: list[str], multirun: bool) -> list[str]:
    """The words of a command line with what ``resume`` or ``sweep.resume`` asks for.

    Args:
        words: all of them.
        overrides: those that are no flags.

    Raises:
        ValueError: there is nothing to go on with under that name.
    """
    given = {key_of(word): word for word in overrides}
    words = _with_run(words, given, multirun)
    return _with_sweep(words, overrides, given) if multirun else words


def _with_run(words: list[str], given: dict[str, str], multirun: bool) -> list[str]:
    folder = value_of(given.get("resume", "resume=null"))
    if folder in ("auto", "null"):
        return words
    if not folder:
        raise ValueError("resume: expected the folder of a run, or auto, got nothing")
    if multirun:
        raise ValueError(
            "resume: expected one run, got a sweep; -m sweep.resume=<folder> goes on with all of "
            "its jobs"
        )
    run = SavedRun(folder)
    before = [word for word in run.overrides if key_of(word) not in given]
    place = words.index(given["resume"])
    return [*words[:place], *before, *words[place:], f"hydra.run.dir={quoted(run.path)}"]


def _with_sweep(words: list[str], overrides: list[str], given: dict[str, str]) -> list[str]:
    """``sweep.resume=<folder>`` needs nothing else; ``true`` the same command again."""
    asked = value_of(given.get("sweep.resume", "sweep.resume=false"))
    if asked.lower() == "false" or (asked.lower() == "true" and "hydra.sweep.dir" in given):
        return words
    if asked.lower() == "true":
        return [*words, f"hydra.sweep.dir={quoted(latest(overrides))}"]
    sweep = Sweep(asked)
    if not asked or sweep.config is None:
        found = "no such folder" if not sweep.path.is_dir() else "no multirun.yaml in it"
        raise ValueError(f"sweep.resume: expected true or a sweep's folder, got {asked}: {found}")
    old = [*sweep.config.overrides.task, *sweep.config.overrides.hydra]
    before = [word for word in old if key_of(word) not in (*given, *OF_THE_FOLDER)]
    own = ["sweep.resume=true", f"hydra.sweep.dir={quoted(sweep.path)}"]
    place = words.index(given["sweep.resume"])
    return [*words[:place], *before, *own, *words[place + 1 :]]


def latest(overrides: list[str]) -> Path:
    """The folder of the last sweep that was started with these overrides.

    Raises:
        ValueError: there is none where sweeps go by default.
    """
    asked = sorted(word for word in overrides if key_of(word) not in OF_THE_FOLDER)
    for file in sorted(Path(SWEEPS).glob("*/*/multirun.yaml"), reverse=True):
        old = Sweep(file.parent).config.overrides
        said = [word for word in [*old.task, *old.hydra] if key_of(word) not in OF_THE_FOLDER]
        if sorted(said) == asked:
            return file.parent
    raise ValueError(
        f"sweep.resume: expected a sweep in {SWEEPS} that was started with this command, found "
        "none; sweep.resume=<folder> names one"
    )


def value_of(word: str) -> str:
    """What stands behind its equals sign."""
    return word.partition("=")[2]
