"""A trained model as an artifact of W&B: the files of its run's folder that evaluating needs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vae_exp.tracking.charts import scalars

if TYPE_CHECKING:
    import wandb

Which = Literal["auto", "best", "all", "none"]

ABOUT = (
    *(".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml"),
    *("summary.json", "metrics.jsonl"),
)
BEST, LAST = "checkpoints/best.pt", "checkpoints/last.pt"  # the weights; all that resuming needs
FILES = (*ABOUT, BEST, LAST)  # that are taken out of an artifact
MEGABYTE = 2**20


def log_model(
    run: "wandb.Run", folder: Path, which: Which, offline: bool, summary: dict[str, Any]
) -> str:
    """Upload the model of a folder, in the background; returns its name and size, to be told.

    Args:
        which: ``best``, or ``all`` with the checkpoint that training can go on from; ``auto`` is
            best, and none of an offline run, whose files nobody may ever want.
        summary: of the run; the artifact's metadata are its numbers of the test set.
    """
    import wandb

    which = ("none" if offline else "best") if which == "auto" else which
    wanted = {"none": (), "best": (*ABOUT, BEST), "all": FILES}[which]
    files = [folder / name for name in wanted]
    if not (folder / BEST).exists() or not files:
        return ""
    test = {k: v for k, v in scalars(summary).items() if k.startswith("test/")}
    artifact = wandb.Artifact(f"model-{run.id}", "model", metadata=test)
    for name, file in zip(wanted, files):
        if file.exists():
            # what is uploaded now needs no copy; an offline run is, if ever, once the folder may
            # have changed
            policy = "mutable" if offline else "immutable"
            artifact.add_file(str(file), name, skip_cache=True, policy=policy)
    run.log_artifact(artifact, aliases=["best", "latest"])
    size = sum(file.stat().st_size for file in files if file.exists())
    return f"model-{run.id}:best, {size / MEGABYTE:.1f} MB"
