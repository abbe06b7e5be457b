"""``resume=<folder>`` on a command line stands for what that run was started with."""

from collections.abc import Sequence
from pathlib import Path

from vae_exp.configuration.folder_words import named_folder
from vae_exp.configuration.options_folder import check_given_again
from vae_exp.configuration.overrides import override_key, quoted
from vae_exp.configuration.paths import absolute_words
from vae_exp.configuration.stored_command import check_stored
from vae_exp.configuration.trust import Trust
from vae_exp.storage.own_file import check_own_files
from vae_exp.storage.saved_run import SavedRun


def complete_run_command(
    words: list[str],
    overrides: list[str],
    multirun: bool,
    allow: Sequence[str] = (),
    options: str | None = None,
) -> list[str]:
    """The words of a command line, with the overrides of the run that it resumes, if it does.

    Args:
        words: all of them.
        overrides: those that are no flags.
        multirun: whether -m is among the flags.
        allow: packages whose classes the run's own words may name.
        options: the folder of --config-dir.

    Raises:
        ValueError: there is no such run, it is to be swept over, it needs a --config-dir, or its
            words do more than choose options and set keys.
    """
    given = {override_key(word): word for word in overrides}
    folder = named_folder(given.get("resume", "resume=null"))
    if folder in ("auto", "null"):
        return words
    if folder.lower() in ("", "true", "false"):
        got = folder or "nothing"
        raise ValueError(f"resume: expected the folder of a run, or auto, got {got}")
    if multirun:
        raise ValueError(
            "resume: expected one run, got a sweep; -m sweep.resume=<folder> goes on with all of "
            "its jobs"
        )
    try:
        run = SavedRun(folder)
    except ValueError as error:
        raise ValueError(f"resume: {error}") from error
    other = named_folder(given.get("hydra.run.dir", f"hydra.run.dir={quoted(run.path)}"))
    if Path(other).resolve() != run.path.resolve():
        raise ValueError(
            f"hydra.run.dir: expected none beside resume, which goes on in {run.path}, got {other}"
        )
    check_given_again(options, run.options_folder, "resume")
    paths = [word for word in absolute_words(run.config) if override_key(word) not in given]
    elsewhere = {*given, *map(override_key, paths)}
    before = [word for word in run.overrides if override_key(word) not in elsewhere] + paths
    check_stored(before, Trust(allow), "resume")
    check_own_files(run.path)
    own = [f"{key}={quoted(run.path)}" for key in ("resume", "hydra.run.dir")]
    place = words.index(given["resume"])
    return [*words[:place], *before, *words[place + 1 :], *own]
