"""The run that a user names: by the path of its folder, or as a model in W&B."""

from pathlib import Path

from vae_exp.storage.saved_run import SavedRun
from vae_exp.tracking.artifact_folder import PREFIX, artifact_folder


def find_run(run: str | Path) -> SavedRun:
    """The run in that folder, or in that of the files of ``wandb:entity/project/name:alias``.

    Raises:
        ValueError: the artifact cannot be had, or the folder is none of a run.
    """
    return SavedRun(artifact_folder(run) if str(run).startswith(PREFIX) else run)
