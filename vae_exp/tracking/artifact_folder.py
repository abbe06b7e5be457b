"""A run's folder out of an artifact of W&B, which may be a stranger's.

Of an artifact the few files are taken that a run's folder has, and no references, which could lead
anywhere; what they say is then looked at as that of any folder, see SECURITY.md.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.tracking.connection import has_credentials
from vae_exp.tracking.model_artifact import BEST, FILES, LAST

if TYPE_CHECKING:
    import wandb

PREFIX = "wandb:"
PLACE = Path("outputs") / "artifacts"
NAME = re.compile(r"(?:[\w-][\w.-]*/){0,2}[\w-][\w.-]*:[\w-][\w.-]*")
MOST_SMALL, MOST_WEIGHTS = 2**28, 2**33  # bytes
TIMEOUT = 20  # seconds for an answer


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
    if not has_credentials():
        raise ValueError(f"{reference}: expected an API key of W&B; `wandb login` stores one")
    try:
        return _download(reference, _find(name))
    except ValueError as error:
        raise ValueError(_told(reference, error)) from error
    except Exception as error:  # of the network, the server, the disk
        raise ValueError(f"{reference}: expected an artifact of W&B ({_line(error)})") from error


def _find(name: str) -> "wandb.Artifact":
    import wandb

    if wandb.run is not None and not wandb.run.offline:
        return wandb.run.use_artifact(name)
    return wandb.Api(timeout=TIMEOUT).artifact(name)


def _download(reference: str, artifact: "wandb.Artifact") -> Path:
    entries = artifact.manifest.entries
    taken = [name for name in FILES if name in entries]
    if FILES[0] not in taken or BEST not in taken:
        found = ", ".join(sorted(entries)[:5]) or "nothing"
        raise ValueError(f"expected {FILES[0]} and {BEST} in it, found {found}")
    for name in taken:
        most = MOST_WEIGHTS if name in (BEST, LAST) else MOST_SMALL
        if entries[name].ref is not None:
            raise ValueError(f"expected files, got a reference at {name}, which was not followed")
        if not 0 <= (entries[name].size or 0) <= most:
            raise ValueError(f"expected {name} to have at most {most} bytes")
    parts = [artifact.entity, artifact.project, artifact.name.replace(":", "-")]
    if not all(re.fullmatch(r"[\w-][\w.-]*", part) for part in parts):
        raise ValueError(f"expected names of letters, digits, - and ., got {'/'.join(parts)}")
    folder = PLACE.joinpath(*parts)
    for name in taken:
        entries[name].download(root=str(folder), skip_cache=True)
    return folder


def _told(reference: str, error: ValueError) -> str:
    return f"{reference}: {_line(error)}"


def _line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
