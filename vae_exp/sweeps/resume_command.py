"""``sweep.resume`` on a command line stands for the folder or the command of a sweep."""

from collections.abc import Sequence
from pathlib import Path

from vae_exp.cli.errors import print_error
from vae_exp.configuration.folder_words import named_folder
from vae_exp.configuration.options_folder import check_given_again
from vae_exp.configuration.overrides import override_key, quoted
from vae_exp.configuration.paths import absolute_word
from vae_exp.configuration.stored_command import check_stored
from vae_exp.configuration.trust import Trust
from vae_exp.storage.own_file import check_own_files
from vae_exp.sweeps.sweep import Sweep

SWEEPS = "outputs/sweeps"  # where conf/config.yaml puts them
OF_THE_FOLDER = ("hydra.mode", "hydra.sweep.dir", "sweep.resume")


def complete_sweep_command(
    words: list[str],
    overrides: list[str],
    allow: Sequence[str] = (),
    options: str | None = None,
) -> list[str]:
    """The words of a command line, with the overrides of the sweep that it resumes, if it does.

    ``sweep.resume=<folder>`` needs nothing else; ``sweep.resume=true`` the same command again.

    Args:
        words: all of them.
        overrides: those that are no flags.
        allow: packages whose classes the sweep's own words may name.
        options: the folder of --config-dir.

    Raises:
        ValueError: there is no such sweep, it needs a --config-dir, or its words do more than
            choose options and set keys; or another one is to begin in the folder of one.
    """
    given = {override_key(word): word for word in overrides}
    asked = named_folder(given.get("sweep.resume", "sweep.resume=false"))
    folder = named_folder(given.get("hydra.sweep.dir", "hydra.sweep.dir="))
    if asked.lower() == "false" and folder and (Path(folder) / "multirun.yaml").is_file():
        raise ValueError(
            f"hydra.sweep.dir: expected a folder without a sweep, got {folder}, which has one; "
            "sweep.resume=true goes on with it, by the same command"
        )
    if asked.lower() == "false" or (asked.lower() == "true" and "hydra.sweep.dir" in given):
        return words
    if asked.lower() == "true":
        return [*words, f"hydra.sweep.dir={quoted(latest(overrides))}"]
    sweep = Sweep(asked)
    if not asked or sweep.config is None:
        found = "no such folder" if not sweep.path.is_dir() else "no multirun.yaml in it"
        raise ValueError(f"sweep.resume: expected true or a sweep's folder, got {asked}: {found}")
    check_given_again(options, sweep.options_folder, "sweep.resume")
    before = [word for word in sweep.command if override_key(word) not in (*given, *OF_THE_FOLDER)]
    check_stored(before, Trust(allow), "sweep.resume")
    check_own_files(sweep.path)
    before = [absolute_word(word, sweep.started_in) for word in before]
    check_stored(before, Trust(allow), "sweep.resume")
    own = ["sweep.resume=true", f"hydra.sweep.dir={quoted(sweep.path)}"]
    place = words.index(given["sweep.resume"])
    return [*words[:place], *before, *own, *words[place + 1 :]]


def latest(overrides: list[str]) -> Path:
    """The folder of the last sweep that was started with these overrides.

    One that does not read is told of and passed over.

    Raises:
        ValueError: there is none where sweeps go by default.
    """
    asked = sorted(word for word in overrides if override_key(word) not in OF_THE_FOLDER)
    for file in sorted(Path(SWEEPS).glob("*/*/multirun.yaml"), reverse=True):
        try:
            command = Sweep(file.parent).command
        except ValueError as error:
            print_error(f"{error}; passed over")
            continue
        if sorted(word for word in command if override_key(word) not in OF_THE_FOLDER) == asked:
            return file.parent
    raise ValueError(
        f"sweep.resume: expected a sweep in {SWEEPS} that was started with this command, found "
        "none; sweep.resume=<folder> names one"
    )
