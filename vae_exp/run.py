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
from omegaconf import DictConfig

from vae_exp.cli.errors import (
    BEFORE_TRAINING,
    DURING_TRAINING,
    Failure,
    report_error,
    report_errors,
    without_dashes,
)
from vae_exp.cli.parser import Parser, exit_codes
from vae_exp.cli.signals import SignalHandler, exit_worker
from vae_exp.configuration.command_line import (
    check_command,
    check_mode,
    check_overrides,
    is_multirun,
)
from vae_exp.configuration.compose import conf_dir
from vae_exp.configuration.composition import keep_compositions
from vae_exp.configuration.folder_words import readable, shell_word
from vae_exp.configuration.options_folder import check_options
from vae_exp.configuration.paths import absolute_paths
from vae_exp.configuration.search_path import compose_once, share_sources
from vae_exp.distributed.environment import launched_processes, launched_rank
from vae_exp.runs.resume_command import complete_run_command
from vae_exp.runtime.garbage import uncollected
from vae_exp.sweeps.hydra_job import configuration, own_options, wandb_metadata, work_in
from vae_exp.sweeps.report import report_results
from vae_exp.sweeps.resolvers import register_resolvers
from vae_exp.sweeps.resume_command import complete_sweep_command
from vae_exp.sweeps.sweep import REFUSED

log = logging.getLogger(__name__)

register_resolvers()
share_sources()
keep_compositions()
compose_once(conf_dir())


@hydra.main(version_base="1.3", config_path=conf_dir(), config_name="config")
def job(cfg: DictConfig) -> float:
    """One run, or one job of a sweep; returns the best validation ELBO, for a sweeper."""
    work_in(HydraConfig.get().runtime.cwd)
    folder = Path(HydraConfig.get().runtime.output_dir)
    in_sweep = HydraConfig.get().mode == RunMode.MULTIRUN
    if in_sweep:
        from vae_exp.cli.progress import name_lines

        name_lines(f"job {folder.name}")
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
        exit_worker(stop)
        kept = [folder / "checkpoints" / name for name in ("last.pt", "previous.pt")]
        if not in_sweep and any(file.is_file() for file in kept):
            word = shell_word("resume", folder)
            stop.add_note(f"python -m vae_exp.run{own_options()} {word} goes on")
        raise
    with report_errors(DURING_TRAINING):
        (folder / REFUSED).unlink(missing_ok=True)  # of an earlier attempt
        from vae_exp.cli.report import print_line, print_report

        if in_sweep:
            print_line(f"job {folder.name}, {wandb_metadata()['name']}", summary)
        else:
            print_report(summary)
            log.info(f"results in {folder}")
    return summary["val/best_elbo"]


def run(cfg: DictConfig, folder: Path) -> dict[str, Any]:
    """Prepare, then train: the two ways to fail. Returns what is in summary.json.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        absolute_paths(cfg)
        with uncollected():
            from vae_exp.distributed.collectives import broadcast_object
            from vae_exp.distributed.process_group import destroy_process_group, init_process_group
            from vae_exp.runs.job import Job
            from vae_exp.runs.resume import finished_summary, resolved

        init_process_group()
        summary = finished_summary(cfg, folder)
        broadcast_object(None if summary else resolved(cfg))
        ready = None if summary else Job(cfg, folder, wandb_metadata(), configuration(cfg))
    with report_errors(DURING_TRAINING):
        summary = summary or ready.execute()
        destroy_process_group()
        return summary


def take_allowed(words: list[str]) -> tuple[list[str], list[str]]:
    """The packages that ``--allow`` names, which is ours and not Hydra's, and all other words."""
    parser = Parser("run", "", add_help=False)
    parser.add_allow()
    found, rest = parser.parse_known_args(words)
    return found.allow, rest


def overrides_last(words: list[str], overrides: list[str]) -> list[str]:
    """The same command as Hydra takes it, with all overrides together.

    >>> overrides_last(["z_dim=2", "-m", "seed=0,1"], ["z_dim=2", "seed=0,1"])
    ['-m', 'z_dim=2', 'seed=0,1']
    """
    flags = words.copy()
    for word in reversed(overrides):  # the last of equal words: a flag's value stands before them
        del flags[len(flags) - 1 - flags[::-1].index(word)]
    return flags + overrides


def main() -> None:
    """Run the command line.

    Exit with 0, 1 (failed in training), 2 (refused before), 130 (SIGINT) or 143 (SIGTERM).
    """
    with exit_codes():
        allow, words = take_allowed(sys.argv[1:])
        sys.argv[1:] = map(readable, words)
        with report_errors(BEFORE_TRAINING):
            check_command(sys.argv[1:])
        parser = get_args_parser()
        parser.error = lambda message: parser.exit(
            BEFORE_TRAINING, f"vae_exp: {message}{without_dashes(message)}\n"
        )
        flags = parser.parse_intermixed_args()
        sys.argv[1:] = overrides_last(sys.argv[1:], flags.overrides)
        if flags.help:
            from vae_exp.cli.help import print_help

            with report_errors(BEFORE_TRAINING):
                return print_help(flags.overrides, flags.config_dir)
        with report_errors(BEFORE_TRAINING):
            rank = launched_rank()
        if rank > 0:
            from vae_exp.runs.worker import run_worker

            return run_worker()
        with report_errors(BEFORE_TRAINING):
            multirun = flags.multirun or is_multirun(flags.overrides)
            if launched_processes() > 1 and multirun:
                raise ValueError("-m: expected one run where torchrun starts its processes")
            check_overrides(flags.overrides)
            check_options(flags.config_dir)
            go_on = allow, flags.config_dir
            words = complete_run_command(sys.argv[1:], flags.overrides, multirun, *go_on)
            check_mode(flags.overrides, multirun)
            if multirun:
                words = complete_sweep_command(words, flags.overrides, *go_on)
            sys.argv[1:] = words
        # else joblib sets it, to a job's share of the cores, and torch goes by it, not by the other
        if "OMP_NUM_THREADS" in os.environ:
            os.environ.setdefault("MKL_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
        try:
            with report_results(), SignalHandler() as signals:
                signals.raise_immediately()  # so that a parallel sweep takes its jobs with it
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
            report_error(error)
            raise Failure(str(error), BEFORE_TRAINING) from error


if __name__ == "__main__":
    main()
