"""The program: ``python -m vae_exp.run [group=option ...] [key=value ...]``, also ``vae-exp``.

Nothing heavy is imported before a job starts, so that --help, --cfg and completion answer at once.
"""

import sys
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from vae_exp.command import command
from vae_exp.config import conf_dir
from vae_exp.failure import BEFORE_TRAINING, DURING_TRAINING, Failure, reported, tell

TOLD_APART_BY = ("encoder", "decoder", "prior", "kl", "objective", "network", "data", "experiment")
NOT_IN_A_NAME = ("device", "wandb.", "data.root", "hydra.", "hydra/")


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
        from vae_exp.job import execute, prepare

        folder = Path(HydraConfig.get().runtime.output_dir)
        parts = prepare(cfg, folder, identity())
    with reported(DURING_TRAINING):
        return execute(cfg, *parts)


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


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in training), 2 (refused before) or 130."""
    with command():
        parser = get_args_parser()
        parser.error = lambda message: parser.exit(BEFORE_TRAINING, f"vae_exp: {message}\n")
        parser.parse_args()
        try:
            job()
        except Failure:
            raise
        except Exception as error:  # Hydra's, from composing the configuration or the folder
            if isinstance(error, OSError) and not isinstance(error, HydraException):
                problem = f"got {error.filename}: {error.strerror}"
                error = ValueError(
                    f"hydra.run.dir: expected a folder to write results to, {problem}"
                )
            tell(error)
            raise Failure(str(error), BEFORE_TRAINING) from error


if __name__ == "__main__":
    main()
