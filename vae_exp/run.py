"""The program: ``python -m vae_exp.run [group=option ...] [key=value ...]``, also ``vae-exp``.

Nothing heavy is imported before a job starts, so that --help, --cfg and completion answer at once.
"""

import os
import sys
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from vae_exp.command import command
from vae_exp.config import conf_dir
from vae_exp.failure import BEFORE_TRAINING, DURING_TRAINING, Failure, reported, tell
from vae_exp.interruption import Interruption
from vae_exp.saved_run import SavedRun

TOLD_APART_BY = ("encoder", "decoder", "prior", "kl", "objective", "network", "data", "experiment")
NOT_IN_A_NAME = ("device", "threads", "wandb.", "data.root", "hydra.", "hydra/", "resume", "sweep.")


def new_folder(name: str) -> str:
    """Make a folder of that name, or with -2, -3, ... behind it where another run has it."""
    path, number = Path(name), 1
    while True:
        try:
            path.mkdir(parents=True)  # of two runs in the same second, one gets it
            return str(path)
        except FileExistsError:
            number += 1
            path = Path(f"{name}-{number}")


def jobs_at_once(_root_: DictConfig) -> int:
    """How many jobs of a sweep run side by side: one for each core, or all where they are fewer."""
    from joblib import cpu_count

    params = OmegaConf.select(_root_, "hydra.sweeper.params") or {}
    words = [*(f"{key}={value}" for key, value in params.items()), *_root_.hydra.overrides.task]
    parser = OverridesParser.create(GlobalHydra.instance().config_loader())
    try:
        (jobs,) = BasicSweeper.split_arguments(parser.parse_overrides(words), max_batch_size=None)
    except HydraException:  # an interval, of which a sweeper of the user's makes any number of jobs
        return cpu_count()
    return min(cpu_count(), len(jobs))


OmegaConf.register_new_resolver("new_folder", new_folder, use_cache=True, replace=True)
OmegaConf.register_new_resolver("jobs_at_once", jobs_at_once, replace=True)


@hydra.main(version_base="1.3", config_path=conf_dir(), config_name="config")
def job(cfg: DictConfig) -> float:
    """One run, or one job of a sweep; returns the best validation ELBO, for a sweeper."""
    try:
        return run(cfg)
    except Failure as failure:
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            raise  # the launcher goes on with the other jobs
        sys.exit(failure.exit_code)


def run(cfg: DictConfig) -> float:
    """Prepare, then train: the two ways to fail.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with reported(BEFORE_TRAINING):
        from vae_exp import resume
        from vae_exp.job import Job

        folder = Path(HydraConfig.get().runtime.output_dir)
        best_elbo = resume.finished(cfg, folder)
        if best_elbo is not None:
            return best_elbo
        ready = Job(cfg, folder, identity(), configuration(cfg))
    with reported(DURING_TRAINING):
        return ready.execute()


def configuration(cfg: DictConfig) -> dict[str, Any]:
    """What Hydra would write to ``.hydra``: the configuration, its own part, the overrides."""
    config = HydraConfig.get()
    return {
        "config": cfg,
        "hydra": OmegaConf.create({"hydra": config}),
        "overrides": config.overrides.task,
    }


def identity() -> dict[str, Any]:
    """What tells this run from others in W&B's lists: its overrides, its options, its sweep."""
    config = HydraConfig.get()
    overrides = [o for o in config.overrides.task if not o.lstrip("+~").startswith(NOT_IN_A_NAME)]
    options = {group: config.runtime.choices.get(group) for group in TOLD_APART_BY}
    in_sweep = config.mode == RunMode.MULTIRUN
    return {
        "name": " ".join(overrides)[:120] or "defaults",
        "tags": [f"{group}={option}"[:64] for group, option in options.items() if option],
        "group": "/".join(Path(config.sweep.dir).parts[-2:]) if in_sweep else None,
    }


def resumed(words: list[str], multirun: bool) -> list[str]:
    """A command line with ``resume=<folder>``, completed by what that run was started with.

    Raises:
        ValueError: the folder is not a run's, or there is a sweep.
    """
    given = {_key(word): word for word in words}
    _, _, folder = given.get("resume", "resume=null").partition("=")
    if folder in ("auto", "null"):
        return words
    if not folder:
        raise ValueError("resume: expected the folder of a run, or auto, got nothing")
    if multirun:
        raise ValueError(
            "resume: expected one run, got a sweep; -m sweep.resume=true hydra.sweep.dir=<folder> "
            "goes on with all of its jobs"
        )
    run = SavedRun(folder)
    before = [word for word in run.overrides if _key(word) not in given]
    place = words.index(given["resume"])
    quoted = str(run.path.absolute()).replace("\\", "\\\\").replace("'", "\\'")
    return [*words[:place], *before, *words[place:], f"hydra.run.dir='{quoted}'"]


def _key(word: str) -> str:
    return word.lstrip("+~").partition("=")[0]


def main() -> None:
    """Run the command line.

    Exit with 0, 1 (failed in training), 2 (refused before), 130 (SIGINT) or 143 (SIGTERM).
    """
    with command():
        parser = get_args_parser()
        parser.error = lambda message: parser.exit(BEFORE_TRAINING, f"vae_exp: {message}\n")
        flags = parser.parse_args()
        with reported(BEFORE_TRAINING):
            sys.argv[1:] = resumed(sys.argv[1:], flags.multirun)
        # else joblib sets it, to a job's share of the cores, and torch goes by it, not by the other
        if "OMP_NUM_THREADS" in os.environ:
            os.environ.setdefault("MKL_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
        try:
            with Interruption() as interruption:
                interruption.from_now_at_once()  # so that a parallel sweep takes its jobs with it
                job()
        except Failure:
            raise
        except Exception as error:  # Hydra's, from composing the configuration or the folder
            disk = error  # the folder, the log in it, or a name for it
            while disk is not None and not isinstance(disk, OSError):
                disk = disk.__cause__
            if disk is not None and not isinstance(error, HydraException):
                problem = f"got {disk.filename}: {disk.strerror}"
                error = ValueError(
                    f"hydra.run.dir: expected a folder to write results to, {problem}"
                )
            tell(error)
            raise Failure(str(error), BEFORE_TRAINING) from error


if __name__ == "__main__":
    main()
