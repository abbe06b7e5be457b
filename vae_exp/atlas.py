"""The program: ``python -m vae_exp.atlas [map ...] [key=value ...]``."""

import os
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, report_errors
from vae_exp.cli.parser import Parser, exit_codes

EXAMPLES = """\
examples:
  python -m vae_exp.atlas          # every map of conf/atlas.yaml, each with three seeds
  python -m vae_exp.atlas objectives --html docs/atlas.html
  python -m vae_exp.atlas inference trainer.epochs=20 'seeds=[0]' --folder outputs/quick_atlas

A map is every combination of the options of some groups; conf/atlas.yaml says of which, and what is
the same for all. What the program refuses is counted and said why. The same command goes on where
it stopped; runs that are there are not trained again.
A run that fails in training is a result. Exit codes: 0, 1 where the work itself broke off, 2 with
one line on standard error, 130 after Ctrl-C.
"""


def parser() -> Parser:
    """The command line."""
    parser = Parser(
        "atlas", "Train every combination of parts, and put them side by side.", EXAMPLES
    )
    parser.add_argument("words", nargs="*", metavar="map or key=value", help="see above")
    parser.add_argument(
        "--folder", default="outputs/atlas", help="of the runs (default: outputs/atlas)"
    )
    parser.add_argument("--html", metavar="FILE", help="the page (default: <folder>/atlas.html)")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count(), help="at once (default: one a core)"
    )
    return parser


def atlas(arguments: Namespace) -> None:
    """Train what is missing, then write the page.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    from vae_exp.cli.progress import EvaluationProgress
    from vae_exp.combinations.atlas_map import read_atlas
    from vae_exp.combinations.refusals import Refusals
    from vae_exp.combinations.training import train_all

    with report_errors(BEFORE_TRAINING):
        if arguments.processes < 1:
            raise ValueError(f"--processes: expected a number from 1, got {arguments.processes}")
        settings = read_atlas([word for word in arguments.words if "=" in word])
        names = [word for word in arguments.words if "=" not in word] or list(settings.maps)
        combinations = settings.combinations(names)
        folder = Path(arguments.folder)
        refused = Refusals(folder, settings)
        refused.save()
    left = [one for one in combinations if one.name not in refused]
    print(
        f"{len(combinations)} combinations, {len(settings.seeds)} seeds each, in {folder}",
        flush=True,
    )
    with report_errors(DURING_TRAINING), EvaluationProgress("training") as progress:
        trained = train_all(left, settings.seeds, folder, arguments.processes)
        for done, one in enumerate(trained, start=1):
            if one.refusal is not None:
                refused.remember(one.combination.name, one.refusal)
            progress("combinations", done / len(left))
    with report_errors(BEFORE_TRAINING):
        lines = dict.fromkeys(refused.get(one.name) for one in combinations)
        if len(lines) == 1 and None not in lines:
            raise ValueError(f"{next(iter(lines))} (of all {len(combinations)} combinations)")
    with report_errors(DURING_TRAINING):
        groups = dict.fromkeys(group for name in names for group in settings.maps[name])
        page = Path(arguments.html) if arguments.html else folder / "atlas.html"
        write_page(folder, page, list(groups), refused)


def write_page(folder: Path, page: Path, groups: list[str], refused: dict[str, str]) -> None:
    """Write the page of comparison, with what there is to say in words; print that."""
    from vae_exp.combinations.report import sentences
    from vae_exp.comparison import ranking, result, writing
    from vae_exp.comparison.page import as_html

    folders = [str(folder)]
    comparison = ranking.compare(folders, result.read(folders), None, None)
    said = sentences(comparison, groups, refused)
    comparison = replace(comparison, notes=[*said, *comparison.notes])
    writing.write(as_html(comparison), str(page), "--html")
    print("\n".join(said))
    print(f"{page}: the page; open it in a browser")


def main() -> None:
    """Run the command line."""
    with exit_codes():
        atlas(parser().parse_intermixed_args())


if __name__ == "__main__":
    main()
