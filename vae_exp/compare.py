"""The program: ``python -m vae_exp.compare <folders or sweep folders ...>``.

Only what runs have written is read, and torch is not imported.
"""

import argparse

from vae_exp.cli.errors import BEFORE_TRAINING, report_errors
from vae_exp.cli.parser import Parser, exit_codes

NO_PAGE = "none"

EXAMPLES = """\
examples:
  python -m vae_exp.compare outputs/sweeps/2026-01-31/12-00-00
  python -m vae_exp.compare outputs --sort elbo --metrics log_likelihood,kl,active_units
  python -m vae_exp.compare outputs/2026-01-31/* --csv - --html none | head

Runs that differ in nothing but their seed are one row, mean ± standard error. Rows are ranked among
those with the same data, binarisation, kind of likelihood and importance samples only.
Exit codes: 0, or 2 with one line on standard error.
"""


def parser() -> Parser:
    """The command line."""
    parser = Parser(
        "compare", "Put runs side by side: a table here, and a page to open in a browser.", EXAMPLES
    )
    parser.add_argument("folders", nargs="+", help="runs, or folders that hold runs at any depth")
    parser.add_argument(
        "--sort",
        metavar="METRIC",
        help="rank by this number of summary.json (default: val/selected_elbo, the validation ELBO "
        "of the weights that were tested; where a run lacks it test/log_likelihood; test/ may be "
        "left out)",
    )
    parser.add_argument(
        "--metrics", metavar="A,B,...", help="the numbers to show, instead of the usual ones"
    )
    parser.add_argument("--csv", metavar="FILE", help="a row for each configuration; - for stdout")
    parser.add_argument("--json", metavar="FILE", help="down to the single runs; - for stdout")
    parser.add_argument(
        "--html",
        metavar="FILE",
        default="compare.html",
        help="the page (default: compare.html; none for no page)",
    )
    return parser


def compare(arguments: argparse.Namespace) -> None:
    """Compare as the arguments ask for.

    Raises:
        ValueError: a user's mistake or a broken file, in one line.
    """
    from vae_exp.comparison.compare_runs import compare_runs

    outputs = {"--csv": arguments.csv, "--json": arguments.json}
    outputs["--html"] = None if arguments.html == NO_PAGE else arguments.html
    outputs = {option: path for option, path in outputs.items() if path is not None}
    metrics = None if arguments.metrics is None else _names(arguments.metrics)
    compare_runs(arguments.folders, outputs, arguments.sort, metrics)


def _names(metrics: str) -> list[str]:
    names = [name.strip() for name in metrics.split(",") if name.strip()]
    if not names:
        raise ValueError(f"--metrics: expected names with commas between, got {metrics!r}")
    return names


def main() -> None:
    """Run the command line; exit with 0, 2 or 130."""
    with exit_codes(), report_errors(BEFORE_TRAINING):
        compare(parser().parse_args())


if __name__ == "__main__":
    main()
