"""The program: ``python -m vae_exp.reproduce <recipes ...>``: published numbers, reached or not."""

import math
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, Failure, print_error, report_errors
from vae_exp.cli.parser import Parser, exit_codes
from vae_exp.reproduction import Outcome

PLACE = "outputs/reproduce"
ALL = "all"
EXAMPLES = """\
examples:
  python -m vae_exp.reproduce --list
  python -m vae_exp.reproduce ppca
  python -m vae_exp.reproduce burda2015/vae_k1_fast ppca --set data.root=/data
  python -m vae_exp.reproduce chadebec2022/vae_static_fast --seeds 0,1,2

Each recipe is a run in outputs/reproduce/<recipe>/, or in <recipe>/seed_<n>/ for each of
--seeds, whose mean is then compared; one that was stopped goes on, one that is finished is not run
again. Exit codes: 0 where every number is reached, 1 where one is missed or its
run failed, 2 with one line on standard error.
"""


def parser() -> Parser:
    """The command line."""
    parser = Parser(
        "reproduce", "Train recipes and compare them with what was published.", EXAMPLES
    )
    parser.add_argument("recipes", nargs="*", help="of conf/experiment, or all")
    parser.add_argument("--list", action="store_true", help="the recipes and their targets")
    parser.add_argument("--folder", default=PLACE, help=f"(default: {PLACE})")
    parser.add_argument(
        "--seeds",
        metavar="A,B,...",
        help="train with each of these, and show mean ± standard error over them",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an override for all of them, such as device; data.root is for those whose data lie "
        "in a folder",
    )
    return parser


def recipes(names: Iterable[str] | None = None) -> dict[str, DictConfig]:
    """The ``reproduces`` section of each of these recipes (default: all) that has one, by name."""
    from vae_exp.configuration.compose import experiments

    asked = [name for name in experiments() if names is None or name in names]
    sections = {name: published(f"/experiment/{name}") for name in asked}
    return {name: section for name, section in sections.items() if section}


def published(recipe: str) -> DictConfig:
    """The ``reproduces`` section of a recipe's file over those of the recipes it is made of.

    As composed, without the other thirty files of a configuration, which take a quarter of a
    second a recipe.
    """
    from vae_exp.configuration.compose import conf_dir

    file: Any = OmegaConf.load(f"{conf_dir()}{recipe}.yaml")
    bases = [entry for entry in file.get("defaults", []) if str(entry).startswith("/experiment/")]
    sections = [*map(published, bases), file.get("reproduces") or {}]
    return cast(DictConfig, OmegaConf.merge(*sections))


def reproduce(arguments: Namespace) -> None:
    """Run what is asked for, one after the other, and print the table.

    Raises:
        Failure: a number was not reached.
    """
    from vae_exp.configuration.instantiate import instantiate
    from vae_exp.configuration.renamed import EXPERIMENTS

    with report_errors(BEFORE_TRAINING):
        if not arguments.folder:
            raise ValueError("--folder: expected a folder to write to, got nothing; . is this one")
        seeds = None if arguments.seeds is None else read_seeds(arguments.seeds)
        some = None if arguments.list or arguments.recipes == [ALL] else arguments.recipes
        known = {name: instantiate(section) for name, section in recipes(some).items()}
        chosen = list(known) if arguments.recipes == [ALL] else arguments.recipes
        unknown = [name for name in chosen if name not in known]
        if unknown or not (chosen or arguments.list):
            every = recipes()
            for name in unknown:
                if EXPERIMENTS.get(name) in every:
                    new = EXPERIMENTS[name]
                    raise ValueError(f"recipes: expected {new}, the new name of {name}, got {name}")
            got = ", ".join(unknown) or "none"
            raise ValueError(f"recipes: expected {ALL}, or some of {', '.join(every)}, got {got}")
        words = {name: own_overrides(name, arguments.set) for name in chosen}
    if arguments.list:
        for name, recipe in known.items():
            print(f"{name:36} {recipe.target:>11}  {recipe.source}")
        return
    outcomes: list[Outcome] = []
    try:
        for name in chosen:
            outcomes += known[name](name, Path(arguments.folder) / name, words[name], seeds)
    finally:  # what was trained before one was refused or stopped is told all the same
        if outcomes:
            show(outcomes)
    missed = [each.what for each in outcomes if not each.good]
    if missed:
        print_error(f"not reached: {', '.join(missed)}")
        raise Failure("not reached", DURING_TRAINING)


def own_overrides(recipe: str, overrides: list[str]) -> list[str]:
    """Those that are for this recipe: data that are made or come along lie in no ``data.root``.

    Raises:
        ValueError: one that it does not take, so that no other recipe trains for hours before.
    """
    if not overrides:
        return []
    from vae_exp.cli.compose import compose

    lies_somewhere = "root" in compose(f"experiment={recipe}").data
    own = [word for word in overrides if lies_somewhere or not word.startswith("data.root=")]
    compose(f"experiment={recipe}", *own)
    return own


def read_seeds(text: str) -> list[int]:
    """The seeds of ``0,1,2``: two or more, for one has no standard error over seeds.

    Raises:
        ValueError: anything else.
    """
    words = [word.strip() for word in text.split(",")]
    seeds = [int(word) for word in words if word.isdecimal()]
    if not 1 < len(words) == len(set(seeds)):
        one = words[0] if words[0].isdecimal() else 1
        raise ValueError(
            f"--seeds: expected two or more different whole numbers, as 0,1,2, got {text}; for one "
            f"seed, --set seed={one}"
        )
    return seeds


def show(outcomes: list[Outcome]) -> None:
    """Print a row a number."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("", overflow="fold")
    for column in ("published", "reached", "active\nunits", "minutes", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for each in outcomes:
        digits = decimals(each.stderr, each.reached)
        published = "–" if each.published is None else f"{each.published:.{digits}f}"
        reached = "–"
        if each.reached is not None:
            reached = f"{each.reached:.{digits}f} ± {each.stderr:.{digits}f}"
        minutes = "" if each.minutes is None else f"{each.minutes:.1f}"
        table.add_row(each.what, published, reached, each.active_units, minutes, each.verdict)
    Console().print(table)


def decimals(stderr: float, reached: float | None) -> int:
    """How many to print: two, or three of what is below 1, or what a standard error asks for."""
    least = 3 if reached is not None and abs(reached) < 1 else 2
    return max(least, math.ceil(-math.log10(stderr))) if stderr > 0 else least


def main() -> None:
    """Run the command line."""
    with exit_codes():
        reproduce(parser().parse_args())


if __name__ == "__main__":
    main()
