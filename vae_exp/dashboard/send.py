"""Sending a page to W&B, and why it could not be sent."""

import os
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandb_workspaces.reports.v2.interface import Report
    from wandb_workspaces.workspaces.internal import View

TIMEOUT = 10  # seconds for an answer; W&B asks several questions one after the other
RETRIES = 1  # where its server answers 5xx or 429; W&B would try for minutes


def quiet_wandb() -> None:
    """Say nothing in W&B's name, and wait ``TIMEOUT`` for its server; before W&B is imported."""
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    os.environ.setdefault("WANDB_HTTP_TIMEOUT", str(TIMEOUT))
    os.environ.setdefault("WANDB_X_GRAPHQL_RETRY_MAX", str(RETRIES))


def why_not_sent() -> str | None:
    """Why nothing is sent though nothing went wrong; none where W&B is to be asked."""
    mode = os.environ.get("WANDB_MODE")
    if mode in ("offline", "disabled"):
        return f"WANDB_MODE is {mode}"
    from vae_exp.tracking.connection import has_credentials

    return None if has_credentials() else "no W&B credentials (`wandb login` stores them)"


def default_entity() -> str:
    """The entity that W&B takes where none is given: WANDB_ENTITY, or the account's own."""
    import wandb

    api = wandb.Api()
    entity = api.settings["entity"] or api.default_entity
    if not entity:
        raise ValueError("--entity: expected the one to send to, got none; the account has no own")
    return entity


def send_view(view: "View") -> str:
    """Save the view, a new one or in place of the last of these runs; returns its address."""
    from wandb_workspaces.workspaces import Workspace, internal

    view.id = known_id(view)
    internal.upsert_view2(view)
    saved = Workspace(entity=view.entity, project=view.project)
    saved._internal_name = view.name
    return saved.url


def known_id(view: "View") -> str:
    """Of the view of that name, empty where there is none."""
    from wandb_workspaces.workspaces import internal

    name = internal._internal_name_to_url_query_str(view.name)
    try:
        return internal.get_view_dict(view.entity, view.project, name)["id"]
    except ValueError as error:
        if str(error).startswith("Workspace"):
            return ""
        raise ValueError(
            f"project: expected one that W&B has, got {view.entity}/{view.project}; a run makes it"
        ) from error


def send_report(report: "Report") -> str:
    """Save it as a new report; returns its address."""
    report.save()
    return report.url


def reason(error: Exception) -> str:
    """Of W&B's exceptions what one needs to know: its server's answer, or that there was none."""
    from vae_exp.tracking.first_line import first_line

    cause: BaseException | None = error
    while cause is not None:
        status = getattr(getattr(cause, "response", None), "http_status", None)
        if status:
            return f"{status} {_phrase(status)}"
        if "in time" in str(cause):
            return f"no answer within {os.environ['WANDB_HTTP_TIMEOUT']} s"
        if "giving up after" in str(cause):
            return "its server fails, or there is none"
        cause = cause.__cause__
    return first_line(error)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "of no known meaning"
