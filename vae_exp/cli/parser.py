"""What the commands of vae_exp have in common: how they begin, and how they end."""

import argparse
import difflib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from vae_exp.cli.errors import (
    BEFORE_TRAINING,
    DURING_TRAINING,
    Failure,
    print_error,
    raise_hydra_errors,
)
from vae_exp.cli.signals import end_of_signal
from vae_exp.cli.streams import undisturbed_streams

INTERRUPTED = 130  # as a shell reports Ctrl-C


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line.

    Args:
        module: the one that ``python -m vae_exp.<module>`` runs.
        description, epilog: what --help says before and after the arguments.
        add_help: whether there is --help.
    """

    def __init__(
        self, module: str, description: str, epilog: str | None = None, add_help: bool = True
    ):
        super().__init__(
            add_help=add_help,
            prog=f"python -m vae_exp.{module}",
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def add_run(self) -> None:
        """Add the folder of a run, and ``--allow``, whose code it may name."""
        self.add_argument(
            "run",
            help="the folder of a run, or wandb:entity/project/name:alias, a model in W&B",
        )
        self.add_argument(
            "--no-wandb",
            action="store_true",
            help="leave no run in W&B; else, of a model there, one in its project has used it, and "
            "gets the numbers, the picture of samples, the table of scores (WANDB_MODE=disabled "
            "does the same)",
        )
        self.add_allow()

    def add_allow(self) -> None:
        """Add ``--allow``."""
        self.add_argument(
            "--allow",
            action="append",
            default=[],
            metavar="PACKAGE",
            help="a package of your own that the run's folder may name",
        )

    def add_subject(self) -> None:
        """Add a run, and the data that it is asked about, see ``vae_exp.runs.subject``."""
        self.add_run()
        self.add_argument(
            "words", nargs="*", default=[], metavar="file, folder or key=value", help="see above"
        )
        self.add_argument(
            "--split",
            default="test",
            choices=("train", "validation", "test"),
            help="of the run's own data, or of a file that has several (test)",
        )
        self.add_argument(
            "--condition", nargs="+", metavar="C", help="of all rows of the file; comes last"
        )

    def error(self, message: str) -> NoReturn:
        self.exit(BEFORE_TRAINING, f"vae_exp: {message}{self._instead(message)}\n")

    def _instead(self, message: str) -> str:
        """What to write in place of an option that there is not, or of an order that is none."""
        if message.startswith("the following arguments are required"):
            greedy = [o for o, action in self._option_string_actions.items() if action.nargs == "+"]
            taken = [option for option in greedy if option in sys.argv]
            return f"; {taken[0]} takes all words behind it, so that it comes last" if taken else ""
        unknown = message.removeprefix("unrecognized arguments: ").split()[0]
        if not message.startswith("unrecognized") or not unknown.startswith("--"):
            return ""
        known = [option for option in self._option_string_actions if option not in ("-h", "--help")]
        near = difflib.get_close_matches(unknown.partition("=")[0], known, n=1)
        return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


@contextmanager
def exit_codes() -> Iterator[None]:
    """A command's whole work: a ``Failure`` inside, or Ctrl-C, becomes its exit code."""
    logging.raiseExceptions = False  # a log that cannot be written is no reason for a traceback
    sys.path.append(os.getcwd())  # where a user's own parts lie; python -m does the same
    raise_hydra_errors()
    with undisturbed_streams() as (out, _):
        try:
            yield
            out.flush()
            if out.error is not None:
                print_error(f"standard output: {out.error.strerror}; some of it is lost")
                sys.exit(DURING_TRAINING)
        except Failure as failure:
            sys.exit(failure.exit_code)
        except KeyboardInterrupt as stop:
            notes = getattr(stop, "__notes__", ())  # how to go on, of who knows
            print_error("; ".join(["interrupted", "what was written stays", *notes]))
            exit_code = getattr(stop, "exit_code", INTERRUPTED)
            out.flush()
            end_of_signal(exit_code)
            sys.exit(exit_code)
