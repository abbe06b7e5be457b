"""The data set of a run as an artifact of W&B: its checksums, and none of its data."""

import hashlib
from typing import TYPE_CHECKING, Any

import torch

from vae_exp.data import SPLITS, Data

if TYPE_CHECKING:
    import wandb

MOST = 2**28  # bytes of a split that are read for its checksum
TOGETHER = 2**24  # bytes


def data_artifact(data: Data, name: str) -> "wandb.Artifact":
    """References to the splits by their SHA-256: runs with the same data share a version.

    Args:
        name: the option of the group data.
    """
    import wandb
    from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry

    about = {"shape": list(data.shape), "data": name, "seed": data.seed}
    artifact = wandb.Artifact(f"{name}-data", "dataset", metadata=about)
    for split in SPLITS:
        found = checksum(data.values[split])
        artifact.metadata[split] = {"size": data.size(split), "sha256": found}
        # as add_reference has it, which warns that it cannot look into such a reference
        artifact.manifest.add_entry(
            ArtifactManifestEntry(path=split, ref=f"sha256:{found}", digest=found)
        )
    return artifact


def checksum(values: Any) -> str:
    """SHA-256 of a split's shape, type and bytes; of more than ``MOST`` of them evenly spaced rows.

    Args:
        values: (N, X), a tensor or what is sliced like one.
    """
    total = values.nbytes
    rows = max(1, TOGETHER * len(values) // max(1, total))
    stride = max(1, -(-total // MOST)) * rows
    digest = hashlib.sha256(f"{tuple(values.shape)} {values.dtype}".encode())
    for start in range(0, len(values), stride):
        part = values[start : start + rows].detach().cpu().contiguous()
        digest.update(part.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
