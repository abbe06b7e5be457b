"""A part of one's own under test: ``python -m vae_exp.check my_package.MyDecoder``."""

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

if TYPE_CHECKING:
    from vae_exp.checking.find import Found
    from vae_exp.checking.verdict import Verdict

DESCRIPTION = """\
Check a decoder, an encoder, a prior, a kl, an objective, a network or a data set alone: what the
program relies on in each, with a line for each check.

  python -m vae_exp.check my_package.MyDecoder scale=0.5
  python -m vae_exp.check decoder=mine --config-dir my_conf
  python -m vae_exp.check my_package.MyEncoder network=conv x_shape=[1,28,28] z_dim=4
  python -m vae_exp.check prior=my_package.MyPrior

The class may be a module in this folder. What it takes is written key=value; x_shape, z_dim and
network are filled in where they are not given, the network by a linear one.
"""
EPILOG = """\
Of a distribution: its shapes, that it integrates or sums to one, that samples, their mean and the
closed form of a KL are those of the density, its support, gradients against difference quotients
in float64, float32 against float64, missing values, a condition, that no step waits for the
device, pickle and state_dict. What a check says, and an example: docs/own_part_check.md.
Exit codes: 0 if nothing failed, 1 if something did, 2 for a part that there is none of.
"""
MARKS = {"ok": "ok     ", "FAIL": "FAIL   ", "skipped": "skipped"}


def parser() -> Parser:
    """The command line."""
    parser = Parser("check", DESCRIPTION, EPILOG)
    parser.add_argument(
        "words", nargs="+", metavar="part or key=value", help="see above; the part comes first"
    )
    parser.add_argument("--config-dir", metavar="DIR", help="with options of your own")
    parser.add_argument("--only", action="append", metavar="CHECK", help="this check alone")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (0)")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="that one check may take, or is skipped (60)"
    )
    parser.add_argument("--json", action="store_true", help="one list of verdicts, as JSON")
    return parser


def check(arguments: Namespace) -> None:
    """Find the part, check it, say what was found.

    Raises:
        Failure: with the exit code, the user having been told.
        SystemExit: with 1, where a check failed.
    """
    with report_errors(BEFORE_TRAINING):
        if not 0 <= arguments.seed < 2**63:
            raise ValueError(f"--seed: expected a whole number from 0, got {arguments.seed}")
        if not 0 < arguments.seconds < float("inf"):
            raise ValueError(f"--seconds: expected a positive number, got {arguments.seconds}")
        from vae_exp.checking.find import find

        found = find(arguments.words, arguments.config_dir)
        unknown = sorted(set(arguments.only or []) - set(found.checks))
        if unknown:
            raise ValueError(
                f"--only: expected one of {', '.join(found.checks)}, got {', '.join(unknown)}"
            )
    with report_errors(DURING_TRAINING):
        each = show(found, arguments)
        if any(one.verdict == "FAIL" for one in each):
            sys.exit(DURING_TRAINING)


def show(found: "Found", arguments: Namespace) -> list["Verdict"]:
    """Run the checks, and print each when it is known, or all as JSON."""
    from vae_exp.checking.verdict import verdicts

    chosen = {k: c for k, c in found.checks.items() if not arguments.only or k in arguments.only}
    width = max(map(len, chosen)) + 2
    live = sys.stderr.isatty() and not arguments.json
    if not arguments.json:
        print(printable(f"{found.group} {found.name}, {found.told}"), flush=True)
    each: list[Verdict] = []
    names = iter([*chosen, ""])
    _progress(live, next(names))
    for one in verdicts(chosen, found.subject, arguments.seconds, arguments.seed):
        each.append(one)
        _progress(live, "")
        if not arguments.json:
            line = f"  {MARKS[one.verdict]}  {one.check:{width}}{one.reason}"
            print(printable(line), flush=True)
        _progress(live, next(names))
    if arguments.json:
        told = {"group": found.group, "part": found.name, "checks": [asdict(one) for one in each]}
        print(json.dumps(told, indent=2))
        return each
    count = {verdict: sum(one.verdict == verdict for one in each) for verdict in MARKS}
    seconds = sum(one.seconds for one in each)
    print(
        f"{count['ok']} ok, {count['FAIL']} failed, {count['skipped']} skipped, in {seconds:.1f} s"
    )
    return each


def _progress(live: bool, name: str) -> None:
    """Say on a terminal which check is at work; the next line takes its place."""
    if live:
        print(f"\r\033[K{name and f'  ...      {name}'}", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Run the command line; exit with 0, 1 (a check failed), 2 (no such part) or 130."""
    with exit_codes():
        check(parser().parse_intermixed_args())


if __name__ == "__main__":
    main()
