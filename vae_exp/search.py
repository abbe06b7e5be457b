"""The program: ``python -m vae_exp.search [group=option ...] [key=<what to try> ...]``."""

import logging
import shlex
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.command import Parser, command
from vae_exp.failure import BEFORE_TRAINING, DURING_TRAINING, Failure, reported, say

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

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
    parser.add_argument(
        "--folder", type=Path, help="of the trials and of what is known (default: a new one)"
    )
    parser.add_argument(
        "--storage", metavar="URL", help="where Optuna remembers (default: <folder>/study.db)"
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
    from vae_exp import search_space
    from vae_exp.search_study import open_study, trials

    with reported(BEFORE_TRAINING):
        if arguments.trials < 1:
            raise ValueError(f"--trials: expected a positive number, got {arguments.trials}")
        space = search_space.read(arguments.overrides)
        fixed = [*search_space.fixed(arguments.overrides), *_searchpath(arguments.config_dir)]
        study, folder = open_study(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    log.info(f"search in {folder}")
    for trial in trials(study, folder, space, arguments.trials):
        run_trial(study, trial, folder, fixed, set(space))
    show(study, arguments.overrides, arguments.config_dir)


def run_trial(
    study: "Study", trial: "Trial", folder: Path, fixed: list[str], varied: set[str]
) -> None:
    """Train and evaluate with the trial's values, and remember what came of it.

    Raises:
        Failure: refused before anything has ever been trained: it is the command that is wrong.
    """
    from optuna.trial import TrialState

    pruned = False

    def enough(record: dict[str, float]) -> bool:
        nonlocal pruned
        trial.report(record["val/elbo"], record["epoch"])
        pruned = trial.should_prune()
        return pruned

    words = [f"{key}={value}" for key, value in trial.params.items()]
    log.info(f"\ntrial {trial.number}: {' '.join(words)}")
    try:
        with reported(BEFORE_TRAINING):
            job = prepared([*fixed, *words, "resume=auto"], folder, str(trial.number), varied)
        with reported(DURING_TRAINING):
            summary = job.execute(enough)
    except Failure as failure:
        study.tell(trial, state=TrialState.FAIL)
        none_trained = not study.get_trials(states=[TrialState.COMPLETE, TrialState.PRUNED])
        if failure.exit_code == BEFORE_TRAINING and none_trained:
            raise
        return
    if pruned:
        log.info(f"trial {trial.number} fell behind and was ended in epoch {summary['epoch']}")
        study.tell(trial, state=TrialState.PRUNED)
        return
    study.tell(trial, summary["val/best_elbo"])
    log.info(
        f"trial {trial.number}: validation ELBO {summary['val/best_elbo']:.3f}, the best so far "
        f"{study.best_value:.3f} of trial {study.best_trial.number}"
    )


def prepared(words: list[str], folder: Path, name: str, varied: set[str]):
    """The job of a trial, in a folder of its own, where it goes on if it was begun."""
    import hydra
    from omegaconf import OmegaConf, open_dict

    from vae_exp.config import conf_dir
    from vae_exp.identity import identity
    from vae_exp.job import Job

    with hydra.initialize_config_dir(conf_dir(), version_base="1.3"):
        cfg = hydra.compose("config", words, return_hydra_config=True)
    config = cfg.hydra
    with open_dict(cfg):
        del cfg["hydra"]
    with open_dict(config):
        config.job.num = int(name)
    configuration = {
        "config": cfg,
        "hydra": OmegaConf.create({"hydra": {"runtime": {"choices": config.runtime.choices}}}),
        "overrides": config.overrides.task,
    }
    own = identity(config, varied, f"search/{folder.name}")
    return Job(cfg, folder / name, own, configuration)


def show(study: "Study", overrides: list[str], config_dir: str | None) -> None:
    """Print the best trials, and the command that trains the best one again.

    Raises:
        Failure: there is none.
    """
    from optuna.trial import TrialState
    from rich.console import Console
    from rich.table import Table

    from vae_exp import search_space

    done = study.get_trials(states=[TrialState.COMPLETE])
    if not done:
        say("no trial finished")
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
    words = [*search_space.fixed(overrides), *(f"{k}={v}" for k, v in best[0].params.items())]
    words = ["--config-dir", config_dir, *words] if config_dir else words
    console.print(f"python -m vae_exp.run {shlex.join(words)}", soft_wrap=True, markup=False)


def _searchpath(folder: str | None) -> list[str]:
    return [f"hydra.searchpath=[file://{Path(folder).absolute()}]"] if folder else []


def main() -> None:
    """Run the command line."""
    arguments = parser().parse_intermixed_args()
    with command():
        search(arguments)


if __name__ == "__main__":
    sys.exit(main())
