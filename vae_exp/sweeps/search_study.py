"""What a search remembers, and which process has which of its trials."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial


def open_study(arguments: Namespace) -> tuple["Study", Path, Path | None]:
    """The search of the folder, a new one or one to go on with.

    Returns:
        the study, its folder, and the database if that is the folder's own and is new.

    Raises:
        ValueError: a user's mistake, in one line that names the flag.
    """
    try:
        import optuna
    except ImportError as error:
        raise ValueError("search: expected Optuna, found none; pip install optuna") from error
    folder = (
        Path(arguments.folder)
        if arguments.folder
        else Path("outputs/search") / f"{datetime.now():%Y-%m-%d/%H-%M-%S}"
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--folder: expected a folder to write to, got {folder}") from error
    database = folder / "study.db"
    storage = arguments.storage or f"sqlite:///{database.absolute()}"
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner() if arguments.prune else optuna.pruners.NopPruner()
    with FileLock(folder / ".lock"):  # or two searches would make the database at once
        new = None if arguments.storage or database.exists() else database
        name = folder.resolve().name
        with _name_storage(storage):
            own = [] if arguments.storage else optuna.get_all_study_names(storage)
        if len(own) == 1:
            name = own[0]  # as the folder was called when it began
        elif own and name not in own:
            raise ValueError(
                f"--folder: expected one search in {database}, or one that is called {name} as "
                f"its folder, got {', '.join(sorted(own))}; call the folder as one of them"
            )
        with _name_storage(storage):
            study = optuna.create_study(
                storage=storage,
                study_name=name,
                direction="maximize",
                sampler=optuna.samplers.TPESampler(seed=arguments.seed),
                pruner=pruner,
                load_if_exists=True,
            )
        command = sorted(arguments.overrides)
        begun_with = study.user_attrs.get("command", command)
        if begun_with != command:
            raise ValueError(
                f"--folder: expected the command that its search was begun with, "
                f"{' '.join(begun_with)}, got {' '.join(command)}; take another folder"
            )
        study.set_user_attr("command", command)
    if study.trials:
        study.sampler.reseed_rng()  # or it would draw the first ones again
    return study, folder, new


@contextmanager
def _name_storage(storage: str) -> Iterator[None]:
    """Name the database in whatever is said by what stands behind it."""
    try:
        yield
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"--storage: expected a database, got {storage} ({reason})") from error


def remove_study(study: "Study", folder: Path, new: Path | None) -> None:
    """Forget a search of which no trial was more than refused; other processes may be at it.

    Args:
        new: the database, if this process made it; it goes too where it has no other study.
    """
    from optuna import delete_study, get_all_study_names
    from optuna.trial import TrialState

    with FileLock(folder / ".lock"):
        if any(trial.state != TrialState.FAIL for trial in study.trials):
            return
        delete_study(study_name=study.study_name, storage=study._storage)
        for lock in folder.glob("[0-9]*.lock"):
            lock.unlink(missing_ok=True)
        if new is not None and not get_all_study_names(study._storage):
            new.unlink(missing_ok=True)


def trials(study: "Study", folder: Path, space: dict[str, Any], enough: int) -> Iterator["Trial"]:
    """Those that a search which was stopped left behind, then new ones, until there are enough.

    A trial belongs to one process until that is done with it or ends.
    """
    while claimed := _claim(study, folder, space, enough):
        trial, lock = claimed
        try:
            yield trial
        finally:
            lock.release()


def _claim(study: "Study", folder: Path, space: dict[str, Any], enough: int):
    """The next trial and its lock, which this process now holds; none where there are enough."""
    from optuna.trial import Trial, TrialState

    with FileLock(folder / ".lock"):
        for left in study.get_trials(states=[TrialState.RUNNING]):
            lock = FileLock(folder / f"{left.number}.lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                continue
            if study.trials[left.number].state == TrialState.RUNNING:  # not told meanwhile
                return Trial(study, left._trial_id), lock
            lock.release()
        if len(study.trials) >= enough:
            return None
        trial = study.ask(space)
        lock = FileLock(folder / f"{trial.number}.lock", timeout=0)
        lock.acquire()
        return trial, lock
