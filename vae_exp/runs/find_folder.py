"""The folder of a run that a user names: a path, or a model in W&B."""

from pathlib import Path

from vae_exp.tracking.artifact_folder import PREFIX, artifact_folder


def find_folder(run: str | Path) -> Path:
    """``run`` itself, or where the files of ``wandb:entity/project/name:alias`` now are.

    Raises:
        ValueError: the artifact cannot be had, or is none of a run.
    """
    return artifact_folder(run) if str(run).startswith(PREFIX) else Path(run)
