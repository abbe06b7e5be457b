"""The program: ``python -m vae_exp.workspace [project]``: W&B's page of runs, ready made."""

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from vae_exp.cli.errors import (
    BEFORE_TRAINING,
    DURING_TRAINING,
    Failure,
    print_error,
    printable,
    report_errors,
)
from vae_exp.cli.parser import Parser, exit_codes

if TYPE_CHECKING:
    from vae_exp.dashboard.document import Document

EXAMPLES = """\
examples:
  python -m vae_exp.workspace
  python -m vae_exp.workspace --sweep outputs/sweeps/2026-01-31/12-00-00
  python -m vae_exp.workspace --sweep outputs/sweeps/2026-01-31/12-00-00 --report
  python -m vae_exp.workspace mine --entity team --keys decoder,objective.beta --out page.json

The page is a saved view of the project in W&B; the same command renews it. Without --sweep it
shows all runs of the project. What differs between them, and so is on the axes and in the table
of runs, the folders of --sweep know; else --keys says so. Where there are no credentials, or
WANDB_MODE is offline, nothing is sent, and the page is written as JSON to workspace.json
(report.json). It needs wandb-workspaces: pip install -e '.[workspace]'.
Exit codes: 0, 1 if W&B did not take it, or 2 with one line on standard error.
"""


def parser() -> Parser:
    """The command line."""
    parser = Parser("workspace", "Make W&B's page of a project, or a report of a sweep.", EXAMPLES)
    parser.add_argument(
        "project",
        nargs="?",
        help="of W&B (default: that of the sweep, or of conf/wandb/default.yaml)",
    )
    parser.add_argument("--entity", help="of W&B (default: the project's, or the account's own)")
    parser.add_argument(
        "--sweep",
        action="append",
        default=[],
        metavar="FOLDER",
        help="show the runs of this sweep; may be given again",
    )
    parser.add_argument(
        "--keys", metavar="A,B,...", help="the groups and keys that differ between the runs"
    )
    parser.add_argument(
        "--report", action="store_true", help="a report of the sweep, with text, instead of a page"
    )
    parser.add_argument("--out", metavar="FILE", help="write it as JSON as well; - for stdout")
    return parser


def workspace(arguments: Namespace) -> None:
    """Make it, show it as a list, and send it or write it down.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        keys = check(arguments)
        # before W&B is imported, by the modules below
        from vae_exp.dashboard.send import quiet_wandb

        quiet_wandb()
        try:
            import wandb_workspaces  # noqa: F401
        except ImportError as error:
            raise ValueError(
                "workspace: expected wandb-workspaces, found none; pip install wandb-workspaces"
            ) from error
        from vae_exp.comparison.writing import write
        from vae_exp.dashboard.document import report_document, view_document
        from vae_exp.dashboard.listing import print_page
        from vae_exp.dashboard.scope import scope
        from vae_exp.dashboard.sections import sections
        from vae_exp.dashboard.view import table_columns

        shown = scope(arguments.project, arguments.entity, arguments.sweep, keys)
        found = sections(shown.columns)
        if arguments.report:
            document = report_document(shown, found, arguments.sweep)
        else:
            document = view_document(shown, found)
        if arguments.out is not None:
            write(document.json, arguments.out, "--out")
        if arguments.out != "-":
            print_page(shown, found, table_columns(shown))
    deliver(document, shown.entity, arguments.out)


def check(arguments: Namespace) -> list[str]:
    """The names of ``--keys``.

    Raises:
        ValueError: an argument is not what it should be.
    """
    if arguments.report and not arguments.sweep:
        raise ValueError("--report: expected the folder of a sweep in --sweep, got none")
    for option in ("entity", "out"):
        if getattr(arguments, option) == "":
            raise ValueError(f"--{option}: expected a value, got nothing")
    if arguments.keys is None:
        return []
    keys = [key.strip() for key in arguments.keys.split(",") if key.strip()]
    if not keys:
        raise ValueError(f"--keys: expected names with commas between, got {arguments.keys!r}")
    return keys


def deliver(document: "Document", entity: str | None, out: str | None) -> None:
    """Send it; where that is not to be, or fails, say so, and where the JSON is.

    Args:
        entity: of W&B, none for the account's own.
        out: where the JSON was written to, if it was.

    Raises:
        Failure: W&B did not take it.
    """
    from vae_exp.cli.progress import EvaluationProgress
    from vae_exp.comparison.writing import write
    from vae_exp.dashboard.send import default_entity, reason, why_not_sent

    file = sys.stderr if out == "-" else sys.stdout
    failure = None
    try:
        why = why_not_sent()
        if why is None:
            with EvaluationProgress("sending to W&B"):
                url = document.send(entity or default_entity())
            print(f"\n{document.kind}: {printable(url)}", file=file)
            return
    except Exception as error:  # whatever W&B's library raises
        why = failure = f"W&B: {reason(error)}"
    if out is None:
        with report_errors(BEFORE_TRAINING):
            write(document.json, document.file, "--out")
    place = "standard output" if out == "-" else out or document.file
    message = f"{why}; the {document.kind} is not sent, but written to {place}"
    if failure is not None:
        print_error(message)
        raise Failure(message, DURING_TRAINING)
    print(f"\n{printable(message)}", file=file)


def main() -> None:
    """Run the command line; exit with 0, 1 (not taken by W&B), 2 or 130."""
    with exit_codes():
        workspace(parser().parse_args())


if __name__ == "__main__":
    main()
