"""The saved view of a project, as W&B's library builds it, and its JSON."""

import hashlib
from collections.abc import Sequence

from wandb_workspaces import expr
from wandb_workspaces.workspaces import RunsetSettings, Section, Workspace, WorkspaceSettings
from wandb_workspaces.workspaces.interface import SectionLayoutSettings, SectionPanelSettings
from wandb_workspaces.workspaces.internal import View

from vae_exp.dashboard import sections
from vae_exp.dashboard.panel import MOST
from vae_exp.dashboard.scope import Scope
from vae_exp.runs.model_use import COMMANDS

ABOVE = ("run:displayName", "run:state")


def build_view(scope: Scope, found: Sequence[sections.Section]) -> View:
    """The page of these runs.

    Args:
        found: its sections, see ``sections.sections``.
    """
    workspace = Workspace(
        entity=scope.entity or "",
        project=scope.project,
        name=scope.name,
        sections=[
            Section(
                name=section.question,
                panels=[panel.plot for panel in section.panels],
                is_open=True,
                layout_settings=SectionLayoutSettings(columns=2, rows=-(-len(section.panels) // 2)),
                panel_settings=SectionPanelSettings(x_axis="step"),
            )
            for section in found
        ],
        settings=WorkspaceSettings(x_axis="step", max_runs=MOST),
        runset_settings=RunsetSettings(
            filters=filters(scope),
            groupby=[expr.Metric("JobType")],
            order=[expr.Ordering(expr.Summary(sections.LOG_LIKELIHOOD), ascending=False)],
            pinned_columns=table_columns(scope),
        ),
    )
    view = workspace._to_model()
    view.name = f"nw-{_digest(scope.project, *scope.groups, *scope.sweeps)}-v"
    for section in view.spec.section.panel_bank_config.sections:
        for number, panel in enumerate(section.panels):
            panel.id = _digest(section.name, str(number))
    return view


def filters(scope: Scope) -> str:
    """Which runs, in W&B's words: of all those that trained a model, and did not just use it."""
    shown = []
    if scope.groups:
        shown.append(f"Metric('Group') in {_literal(scope.groups)}")
    if scope.sweeps:
        shown.append(f"Metric('Sweep') in {_literal(scope.sweeps)}")
    return " or ".join(shown) or f"Metric('JobType') not in {_literal(COMMANDS)}"


def _literal(names: Sequence[str]) -> str:
    """As a list of Python's, without the signs that W&B's library replaces even in a string."""
    text = repr(list(names))
    for sign in "=<>!":
        text = text.replace(sign, f"\\x{ord(sign):02x}")
    return text


def table_columns(scope: Scope) -> list[str]:
    """Of the table of runs, from left to right, as W&B calls them."""
    own = [_in_config(column.path) for column in scope.columns]
    seed = [_in_config("seed")]
    return [*ABOVE, *own, *seed, *(f"summary:{name}" for name in sections.TABLE)]


def _in_config(path: str) -> str:
    first, *rest = path.split(".")
    return ".".join([f"config:{first}", "value", *rest])


def _digest(*words: str) -> str:
    """An id that is the same each time, so that a page is renewed and not doubled."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:11]


def as_json(view: View) -> str:
    """As W&B's interface takes it, but for the way that it packs ``spec`` into a string."""
    return view.model_dump_json(by_alias=True, exclude_none=True, indent=2) + "\n"
