"""The program: ``python -m vae_exp.reproduce <recipes ...>``: published numbers, reached or not."""

import json
import math
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from vae_exp.command import Parser, command
from vae_exp.failure import BEFORE_TRAINING, DURING_TRAINING, Failure, reported, say

PLACE = "outputs/reproduce"
EXAMPLES = """\
examples:
  python -m vae_exp.reproduce --list
  python -m vae_exp.reproduce ppca
  python -m vae_exp.reproduce iwae_mnist_vae_k1_fast pythae_vae_static_fast --set data.root=/data

Each recipe is a run in outputs/reproduce/<recipe>/; one that was stopped goes on, one that is
finished is not run again. Exit codes: 0 where every number is reached, 1 where one is missed or its
run failed, 2 with one line on standard error.
"""


@dataclass(frozen=True)
class Outcome:
    """What a recipe reached.

    Args:
        target: the published number, or the known one.
        margin: how far from it still counts.
        reached: the recipe's own, none where its run has not finished.
    """

    recipe: str
    target: float | None
    margin: float
    reached: float | None
    stderr: float
    active_units: str
    minutes: float
    status: str

    @property
    def good(self) -> bool:
        """Whether the number is reached, or surpassed: they are all log-likelihoods."""
        return self.reached is not None and self.reached >= self.target - self.margin


def parser() -> Parser:
    """The command line."""
    parser = Parser(
        "reproduce", "Train recipes and compare them with what was published.", EXAMPLES
    )
    parser.add_argument("recipes", nargs="*", help="of conf/experiment")
    parser.add_argument("--list", action="store_true", help="the recipes and their targets")
    parser.add_argument("--folder", type=Path, default=Path(PLACE), help=f"(default: {PLACE})")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an override for all of them, such as data.root or device",
    )
    return parser


def recipes() -> dict[str, DictConfig]:
    """The recipes that have a number to reach and a training of their own, by name."""
    from vae_exp.config import compose, conf_dir

    names = sorted(path.stem for path in (Path(conf_dir()) / "experiment").glob("*.yaml"))
    composed = {name: compose(f"experiment={name}") for name in names}
    bases = {name for name in names if any(n.startswith(f"{name}_") for n in names)}
    return {n: c.reproduces for n, c in composed.items() if c.reproduces and n not in bases}


def reproduce(arguments: Namespace) -> None:
    """Run what is asked for, one after the other, and print the table.

    Raises:
        Failure: a number was not reached.
    """
    with reported(BEFORE_TRAINING):
        known = recipes()
        unknown = [name for name in arguments.recipes if name not in known]
        if unknown or not (arguments.recipes or arguments.list):
            got = ", ".join(unknown) or "none"
            raise ValueError(f"recipes: expected some of {', '.join(known)}, got {got}")
    if arguments.list:
        for name, target in known.items():
            number = "known" if target.published is None else f"{target.published:.2f}"
            print(f"{name:36} {number:>7}  {target.source}")
        return
    outcomes = []
    for name in arguments.recipes:
        folder = arguments.folder / name
        train(name, folder, arguments.set)
        outcomes.append(outcome(name, known[name], folder))
    show(outcomes)
    missed = [each.recipe for each in outcomes if not each.good]
    if missed:
        say(f"not reached: {', '.join(missed)}")
        raise Failure("not reached", DURING_TRAINING)


def train(name: str, folder: Path, overrides: list[str]) -> None:
    """Run a recipe to its end, in a process of its own.

    Raises:
        Failure: refused before it trained.
    """
    own = [f"experiment={name}", f"hydra.run.dir={folder}", "resume=auto"]
    done = subprocess.run([sys.executable, "-m", "vae_exp.run", *own, *overrides])
    if done.returncode == BEFORE_TRAINING:
        raise Failure("refused", BEFORE_TRAINING)
    if done.returncode > 128 or done.returncode < 0:  # by a signal
        raise KeyboardInterrupt


def outcome(name: str, target: DictConfig, folder: Path) -> Outcome:
    """Compare a run's summary with its target."""
    file = folder / "summary.json"
    summary: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    known = summary.get("test/known_log_likelihood")
    stderr = summary.get(f"{target.metric}_stderr", math.nan)
    units = f"{summary.get('test/active_units', '–')}"
    return Outcome(
        recipe=name,
        target=known if target.published is None else target.published,
        margin=target.tolerance,
        reached=summary.get(target.metric),
        stderr=stderr,
        active_units=units if target.active_units is None else f"{units} ({target.active_units})",
        minutes=summary.get("time/total_seconds", math.nan) / 60,
        status=summary.get("status", "not run"),
    )


def show(outcomes: list[Outcome]) -> None:
    """Print a row a recipe."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="log-likelihood, nats per datum", title_justify="left")
    table.add_column("recipe", overflow="fold")
    for column in ("published", "reached", "active units", "minutes", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for each in outcomes:
        number = "–" if each.reached is None else f"{each.reached:.2f} ± {each.stderr:.2f}"
        target = "–" if each.target is None else f"{each.target:.2f}"
        verdict = "reached" if each.good else "missed"
        if each.status != "finished":
            verdict = each.status
        table.add_row(
            each.recipe, target, number, each.active_units, f"{each.minutes:.1f}", verdict
        )
    Console().print(table)


def main() -> None:
    """Run the command line."""
    arguments = parser().parse_args()
    with command():
        reproduce(arguments)


if __name__ == "__main__":
    main()
