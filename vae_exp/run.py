"""The program: ``python -m vae_exp.run [group=option ...] [key=value ...]``, also ``vae-exp``.

Nothing heavy is imported before a job starts, so that --help, --cfg and completion answer at once.
"""

import logging
import math
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from vae_exp.command import command
from vae_exp.command_line import completed
from vae_exp.config import conf_dir
from vae_exp.failure import BEFORE_TRAINING, DURING_TRAINING, Failure, reported, tell
from vae_exp.identity import identity
from vae_exp.interruption import Interruption, leave_worker
from vae_exp.sweep import REFUSED, Sweep, count_jobs, results_told

log = logging.getLogger(__name__)


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

    return min(cpu_count(), count_jobs(_root_.hydra) or cpu_count())


OmegaConf.register_new_resolver("new_folder", new_folder, use_cache=True, replace=True)
OmegaConf.register_new_resolver("jobs_at_once", jobs_at_once, replace=True)


@hydra.main(version_base="1.3", config_path=conf_dir(), config_name="config")
def job(cfg: DictConfig) -> float:
    """One run, or one job of a sweep; returns the best validation ELBO, for a sweeper."""
    enter(HydraConfig.get().runtime.cwd)
    folder = Path(HydraConfig.get().runtime.output_dir)
    in_sweep = HydraConfig.get().mode == RunMode.MULTIRUN
    try:
        summary = run(cfg, folder)
    except Failure as failure:
        if not in_sweep:
            sys.exit(failure.exit_code)
        if failure.exit_code == BEFORE_TRAINING:
            with suppress(OSError):
                (folder / REFUSED).write_text(f"{failure}\n")
        return math.nan  # the other jobs go on, and at the end of the sweep it is told again
    except KeyboardInterrupt as stop:
        leave_worker(stop)
        raise
    with reported(DURING_TRAINING):
        (folder / REFUSED).unlink(missing_ok=True)  # of an earlier attempt
        from vae_exp.report import print_line, print_report

        if in_sweep:
            print_line(f"job {folder.name}, {own_identity()['name']}", summary)
        else:
            print_report(summary)
            log.info(f"results in {folder}")
    return summary["val/best_elbo"]


def enter(folder: str) -> None:
    """Work where the command was given: a cluster starts its jobs elsewhere."""
    os.chdir(folder)
    if folder not in sys.path:
        sys.path.append(folder)  # where a user's own parts lie


def run(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Prepare, then train: the two ways to fail. Returns what is in summary.json.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with reported(BEFORE_TRAINING):
        from vae_exp import parallel, resume
        from vae_exp.job import Job

        parallel.join()
        summary = resume.finished(cfg, folder)
        parallel.tell(None if summary else resume.plain(cfg))
        ready = None if summary else Job(cfg, folder, own_identity(), configuration(cfg))
    with reported(DURING_TRAINING):
        summary = summary or ready.execute()
        parallel.leave()
        return summary


def configuration(cfg: DictConfig) -> dict[str, Any]:
    """What Hydra would write to ``.hydra``: the configuration, its own part, the overrides."""
    config = HydraConfig.get()
    return {
        "config": cfg,
        "hydra": OmegaConf.create({"hydra": config}),
        "overrides": config.overrides.task,
    }


def own_identity() -> dict[str, Any]:
    """What tells this run from others, see ``identity``."""
    config = HydraConfig.get()
    if config.mode != RunMode.MULTIRUN:
        return identity(config, None, None)
    sweep = Path(config.sweep.dir)
    return identity(config, Sweep(sweep).swept, "/".join(sweep.parts[-2:]))


def main() -> None:
    """Run the command line.

    Exit with 0, 1 (failed in training), 2 (refused before), 130 (SIGINT) or 143 (SIGTERM).
    """
    with command():
        parser = get_args_parser()
        parser.error = lambda message: parser.exit(BEFORE_TRAINING, f"vae_exp: {message}\n")
        flags = parser.parse_args()
        several = os.environ.get("WORLD_SIZE", "1") != "1"  # processes, from torchrun
        if several and os.environ["RANK"] != "0":
            from vae_exp.follow import follow

            return follow()
        with reported(BEFORE_TRAINING):
            if several and flags.multirun:
                raise ValueError("-m: expected one run where torchrun starts its processes")
            sys.argv[1:] = completed(sys.argv[1:], flags.overrides, flags.multirun)
        # else joblib sets it, to a job's share of the cores, and torch goes by it, not by the other
        if "OMP_NUM_THREADS" in os.environ:
            os.environ.setdefault("MKL_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
        try:
            with results_told(), Interruption() as interruption:
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
