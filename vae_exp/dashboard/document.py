"""What is sent to W&B, a saved view or a report: its JSON, and the way there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vae_exp.comparison import ranking, result
from vae_exp.dashboard import send, sweep_report, view
from vae_exp.dashboard.panel import Section
from vae_exp.dashboard.scope import Scope


@dataclass(frozen=True)
class Document:
    """A page that is ready to be sent.

    Args:
        kind: in words.
        file: the name of a file for it.
        json: all of it.
        send: to an entity; returns its address.
    """

    kind: str
    file: str
    json: str
    send: Callable[[str], str]


def view_document(scope: Scope, found: Sequence[Section]) -> Document:
    """The saved view of these sections."""
    built = view.build_view(scope, found)

    def to(entity: str) -> str:
        built.entity = entity
        return send.send_view(built)

    return Document("saved view", "workspace.json", view.as_json(built), to)


def report_document(scope: Scope, found: Sequence[Section], folders: list[str]) -> Document:
    """The report of the sweeps in these folders.

    Raises:
        ValueError: a file in them does not read.
    """
    comparison = ranking.compare(folders, result.read(folders), sort=None, asked=None)
    built = sweep_report.build_report(scope, found, comparison)

    def to(entity: str) -> str:
        built.entity = entity
        return send.send_report(built)

    return Document("report", "report.json", sweep_report.as_json(built), to)
