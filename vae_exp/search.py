"""The program: ``python -m vae_exp.search [group=option ...] [key=<what to try> ...]``."""

import logging
import shlex
import sys
from argparse import Namespace
from pathlib import Path
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
    from optuna import Study

log = logging.getLogger(__name__)

EXAMPLES = """\
examples:
  python -m vae_exp.search decoder=bernoulli trainer.epochs=30
  python -m vae_exp.search decoder=bernoulli 'optimizer.lr=tag(log,interval(1e-4,1e-2))' \\
      'z_dim=range(2,65)' 'network.hidden=choice([200],[400])' --trials 50
  python -m vae_exp.search --folder outputs/search/mine decoder=bernoulli trainer.epochs=30

What is tried is written as in Hydra's sweeps: choice(a,b) or a,b; range(2,65), without its end;
interval(0,1); int(interval(2,64)); tag(log,...) for a logarithmic scale. Without any of it,
conf/search.yaml says what is tried. The folder remembers: the same command with the same --folder
goes on, and several at once, on machines that share the folder, search together.
Where trials are online, W&B alerts of the best at the end, unless wandb.alerts=false.
W&B's own search is wandb sweep conf/wandb_sweep.yaml, then wandb agent, on any machines.
Exit codes: 0, 1 if no trial finished, or 2 with one line on standard error.
"""


def parser() -> Parser:
    """The command line."""
    parser = Parser(
        "search", "Search for the values with the best validation ELBO, with Optuna.", EXAMPLES
    )
    parser.add_argument("overrides", nargs="*", help="of the configuration, fixed or to try")
    parser.add_argument(
        "--trials", type=int, default=30, help="in all, with those of before (default: 30)"
    )
    parser.add_argument("--folder", help="of the trials and of what is known (default: a new one)")
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="where Optuna remembers, by the folder's name (default: <folder>/study.db)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the search (default: 0)")
    parser.add_argument(
        "--prune", action="store_true", help="end trials that fall behind the median of the others"
    )
    parser.add_argument("--config-dir", metavar="DIR", help="with parts of your own")
    return parser


def search(arguments: Namespace) -> None:
    """Run trials until there are enough, and say which were best.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    from vae_exp.sweeps import search_space
    from vae_exp.sweeps.end_alert import alert_search_end
    from vae_exp.sweeps.search_study import open_study, remove_study, trials
    from vae_exp.sweeps.search_trial import run_trial

    with report_errors(BEFORE_TRAINING):
        if arguments.trials < 1:
            raise ValueError(f"--trials: expected a positive number, got {arguments.trials}")
        if not 0 <= arguments.seed < 2**32:
            raise ValueError(f"--seed: expected 0 to 2^32 − 1, got {arguments.seed}")
        for flag in ("folder", "storage", "config_dir"):
            if getattr(arguments, flag) == "":
                raise ValueError(f"--{flag.replace('_', '-')}: expected a value, got nothing")
        if arguments.config_dir and not Path(arguments.config_dir).is_dir():
            raise ValueError(f"--config-dir: expected a folder, got {arguments.config_dir}")
        search_space.check_search(arguments.overrides)
        space = search_space.read(arguments.overrides)
        fixed = [*search_space.fixed(arguments.overrides), *_searchpath(arguments.config_dir)]
        search_space.check(fixed, space)
        study, folder, new = open_study(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    log.info(f"search in {folder}")
    ran_any = False
    try:
        for trial in trials(study, folder, space, arguments.trials):
            ran_any = True
            run_trial(study, trial, folder, fixed, set(space))
    except Failure:  # it never trained: the next search begins anew
        remove_study(study, folder, new)
        raise
    show(study, folder, arguments.overrides, arguments.config_dir)
    if ran_any:
        alert_search_end(study, folder)


def show(study: "Study", folder: Path, overrides: list[str], config_dir: str | None) -> None:
    """Print the best trials, whether they compare, and the command that trains the best one again.

    Raises:
        Failure: there is none.
    """
    from optuna.trial import TrialState
    from rich.console import Console
    from rich.table import Table

    from vae_exp.sweeps import search_space
    from vae_exp.sweeps.search_reasons import search_reasons

    done = study.get_trials(states=[TrialState.COMPLETE])
    if not done:
        print_error("no trial finished")
        raise Failure("no trial finished", DURING_TRAINING)
    best = sorted(done, key=lambda trial: trial.value, reverse=True)
    title = f"the best of {len(study.trials)} trials, validation ELBO in nats per datum"
    table = Table(title=title, title_justify="left")
    for column in ("trial", "val/best_elbo", *best[0].params):
        table.add_column(column.replace(".", ".\n"), justify="right", no_wrap=True)
    for trial in best[:10]:
        values = (f"{v:.4g}" if isinstance(v, float) else str(v) for v in trial.params.values())
        table.add_row(str(trial.number), f"{trial.value:.3f}", *values)
    console = Console(highlight=False)
    console.print(table)
    if reasons := search_reasons(folder):
        told = f"the best of its kind alone: {'; '.join(reasons)}; python -m vae_exp.compare"
        told = printable(f"{told} {folder} ranks them apart")
        console.print(told, soft_wrap=True, markup=False)
    words = [*search_space.fixed(overrides), *(f"{k}={v}" for k, v in best[0].params.items())]
    words = ["--config-dir", config_dir, *words] if config_dir else words
    console.print(f"python -m vae_exp.run {shlex.join(words)}", soft_wrap=True, markup=False)


def _searchpath(folder: str | None) -> list[str]:
    return [f"hydra.searchpath=[file://{Path(folder).absolute()}]"] if folder else []


def main() -> None:
    """Run the command line."""
    with exit_codes():
        search(parser().parse_intermixed_args())


if __name__ == "__main__":
    main()
