"""Which runs of a W&B project a page shows."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vae_exp.comparison.differences import configuration
from vae_exp.configuration.compose import compose
from vae_exp.configuration.overrides import override_key, parse_overrides
from vae_exp.dashboard.column import Column, differing, named
from vae_exp.storage.saved_run import SavedRun, find_runs
from vae_exp.sweeps.sweep import Sweep

WANDB_SWEEPS = "wandb_sweeps"  # where conf/wandb_sweep.yaml has W&B's own sweeps put their runs
LONGEST = 128  # characters of a title in W&B
USUAL = ("data", "encoder", "decoder", "prior", "kl", "objective", "network", "z_dim")


@dataclass(frozen=True)
class Scope:
    """The runs of a page, and what differs between them.

    Args:
        project, entity: of W&B; without an entity the account's own.
        groups: the sweeps by the name that W&B has for them: those of Hydra and of Optuna.
        sweeps: the ids of W&B's own sweeps. Without either, all runs of the project are shown.
        columns: what differs.
    """

    project: str
    entity: str | None
    groups: tuple[str, ...]
    sweeps: tuple[str, ...]
    columns: list[Column]

    @property
    def name(self) -> str:
        """Of the saved view, in which W&B has letters, digits and punctuation alone."""
        shown = ", ".join([*self.groups, *self.sweeps]) or "all runs"
        plain = (c if unicodedata.category(c)[0] in "LNPZ" else "-" for c in shown)
        return f"vae_exp: {''.join(plain)}"[:LONGEST]


def scope(
    project: str | None, entity: str | None, folders: Sequence[str], keys: Sequence[str]
) -> Scope:
    """From what the command line says, then what the folders know, then the configuration.

    Args:
        folders: sweeps, or folders that hold some at any depth.
        keys: groups and keys that differ, for where no folder says so.

    Raises:
        ValueError: a folder has no sweep, or its runs are of several projects.
    """
    if project is not None and (not project or "/" in project):
        raise ValueError(
            f"project: expected its name, got {project or 'nothing'}; the entity goes to --entity"
        )
    runs = find_runs(folders) if folders else []
    known = {_project(run) for run in runs}
    if project is None and len(known) > 1:
        names = ", ".join(sorted(name for name, _ in known))
        raise ValueError(f"--sweep: expected runs of one project, got {names}; name the one")
    default = compose().wandb
    of_runs = known.pop() if len(known) == 1 else (default.project, default.entity)
    homes = list(dict.fromkeys(map(_sweep, runs)))
    columns = differing([configuration(run.config, run.choices) for run in runs])
    if not runs or keys:
        columns = named(keys or USUAL)
    return Scope(
        project=project or of_runs[0],
        entity=entity or of_runs[1],
        groups=tuple(name for kind, name in homes if kind == "group"),
        sweeps=tuple(name for kind, name in homes if kind == "sweep"),
        columns=columns,
    )


def _project(run: SavedRun) -> tuple[str, str | None]:
    own = run.config.get("wandb")
    own = own if isinstance(own, dict) else {}
    project, entity = own.get("project"), own.get("entity")
    if not isinstance(project, str) or not isinstance(entity, str | None):
        raise ValueError(
            f"{run.path}: expected the name of its project in wandb.project, found {project!r}"
        )
    return project, entity


def _sweep(run: SavedRun) -> tuple[str, str]:
    """What W&B knows the run's sweep as: a ``group``, or a ``sweep`` of its own."""
    folder = run.path.resolve().parent
    own = run.config["wandb"].get("group")
    if isinstance(own, str):
        return "group", own
    if (folder / "multirun.yaml").is_file():
        return "group", "/".join(_begun_in(folder).parts[-2:])
    if (folder / "study.db").exists():
        return "group", f"search/{folder.name}"
    if folder.parent.name == WANDB_SWEEPS:
        return "sweep", folder.name
    raise ValueError(
        f"--sweep: expected the folder of a sweep, got {run.path}, a run of its own; without "
        "--sweep the page shows all runs of the project"
    )


def _begun_in(folder: Path) -> Path:
    """The folder that a sweep was begun in, which W&B's group is called after."""
    words = Sweep(folder).config["overrides"]["hydra"]
    begun = parse_overrides([word for word in words if override_key(word) == "hydra.sweep.dir"])
    return Path(str(begun[-1].value())) if begun else folder
