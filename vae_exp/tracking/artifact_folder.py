"""A run's folder out of an artifact of W&B, which may be a stranger's.

Of an artifact the few files are taken that a run's folder has, and no references, which could lead
anywhere; what they say is then looked at as that of any folder, see SECURITY.md.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.tracking.connection import has_credentials
from vae_exp.tracking.first_line import first_line
from vae_exp.tracking.model_artifact import BEST, FILES, LAST
from vae_exp.tracking.within import within

if TYPE_CHECKING:
    import wandb

PREFIX = "wandb:"
PLACE = Path("outputs") / "artifacts"
NAME = re.compile(r"(?:[\w-][\w.-]*/){0,2}[\w-][\w.-]*:[\w-][\w.-]*")
MOST_SMALL, MOST_WEIGHTS = 2**28, 2**33  # bytes
TIMEOUT = 20  # seconds for an answer
PATIENCE, SLOWEST = 30, 2**19  # seconds for it all, and a second more for so many bytes


def artifact_folder(reference: str) -> Path:
    """Download ``wandb:entity/project/name:alias``; where a run is open, it has used the artifact.

    Returns:
        the folder, ``outputs/artifacts/<entity>/<project>/<name>-<version>``.

    Raises:
        ValueError: it cannot be had, or is not the folder of a run.
    """
    name = reference.removeprefix(PREFIX)
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{reference}: expected {PREFIX}entity/project/name:alias, such as "
            f"{PREFIX}me/vae_exp/model-1a2b3c4d:best"
        )
    try:
        if not has_credentials():
            raise ValueError("expected an API key of W&B; `wandb login` stores one")
        return _download(_find(name))
    except ValueError as error:
        raise ValueError(_told(reference, error)) from error
    except Exception as error:  # of the network, the server, the disk
        raise ValueError(
            f"{reference}: expected an artifact of W&B ({first_line(error)})"
        ) from error


def full_name(folder: Path) -> str:
    """``entity/project/name:version`` of the artifact that became this folder."""
    entity, project, versioned = folder.parts[-3:]
    name, _, version = versioned.rpartition("-")
    return f"{entity}/{project}/{name}:{version}"


def use_artifact(run: "wandb.Run", folder: Path) -> None:
    """Have a run use the artifact that became this folder.

    Raises:
        Exception: W&B does not say so in time, or that it cannot be.
    """
    within(TIMEOUT, lambda: run.use_artifact(full_name(folder)))


def _find(name: str) -> "wandb.Artifact":
    import wandb

    if wandb.run is not None and not wandb.run.offline:
        return wandb.run.use_artifact(name)
    return wandb.Api(timeout=TIMEOUT).artifact(name)


def _download(artifact: "wandb.Artifact") -> Path:
    entries = artifact.manifest.entries
    taken = [file for file in FILES if file in entries]
    if FILES[0] not in taken or BEST not in taken:
        found = ", ".join(sorted(entries)[:5]) or "nothing"
        raise ValueError(f"expected {FILES[0]} and {BEST} in it, found {found}")
    for file in taken:
        most = MOST_WEIGHTS if file in (BEST, LAST) else MOST_SMALL
        if entries[file].ref is not None:
            raise ValueError(f"expected files, got a reference at {file}, which was not followed")
        if not 0 <= (entries[file].size or 0) <= most:
            raise ValueError(f"expected {file} to have at most {most} bytes")
    name = artifact.name.partition(":")[0]
    parts = [artifact.entity, artifact.project, f"{name}-{artifact.version}"]
    if not all(re.fullmatch(r"[\w-][\w.-]*", part) for part in parts):
        raise ValueError(f"expected names of letters, digits, - and ., got {'/'.join(parts)}")
    folder = PLACE.joinpath(*parts)

    def download() -> None:
        for file in taken:
            artifact.get_entry(file).download(root=str(folder), skip_cache=True)

    seconds = PATIENCE + sum(entries[file].size or 0 for file in taken) / SLOWEST
    within(seconds, download)
    return folder


def _told(reference: str, error: ValueError) -> str:
    return f"{reference}: {first_line(error)}"
