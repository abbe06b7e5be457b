"""Evaluate a finished run again: ``python -m vae_exp.evaluate <run folder> [key=value ...]``."""

from argparse import Namespace

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes
from vae_exp.configuration.paths import named_files
from vae_exp.runs.override import other_questions, override
from vae_exp.storage import strict_json

DESCRIPTION = """\
Evaluate the model of a run on its test set, as at the end of training: with other settings
of the evaluation, on another device, or on data treated otherwise.

  python -m vae_exp.evaluate outputs/2026-01-31/12-00-00 evaluation.importance_samples=5000

The numbers go to the run's summary.json, in place of the ones there, unless they are
the answer to another question (data.* other than data.root and data.cache, evaluation.weights).
"""


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in evaluating), 2 (refused before) or 130."""
    parser = Parser("evaluate", DESCRIPTION)
    parser.add_run()
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="key=value",
        help="of evaluation, data or device",
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON instead")
    with exit_codes():
        evaluate(parser.parse_intermixed_args())


def evaluate(arguments: Namespace) -> None:
    """Evaluate, print, and write the summary.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        _ = run.summary  # it will be written again, so it has to read
        config, given = override(run.config, arguments.overrides)
        from vae_exp.runs.load import load_experiment
        from vae_exp.runs.model_use import model_use

        experiment = load_experiment(run, config, arguments.allow, named_files(given))
    with (
        report_errors(DURING_TRAINING),
        model_use("evaluate", run.path, arguments) as use,
    ):
        from vae_exp.cli.progress import EvaluationProgress

        with EvaluationProgress() as progress:
            spent = run.summary.get("time/train_seconds")
            trained = spent if isinstance(spent, float) else 0.0
            numbers = experiment.evaluate(progress=progress, trained=trained)
        named = {f"test/{name}": value for name, value in numbers.items()}
        use.log_numbers(numbers, "test/")
        if arguments.json:
            print(strict_json.dumps(numbers, indent=2))
        else:
            from vae_exp.cli.report import print_report

            print_report(named)
        others = other_questions(run.config, given)
        if not others:
            run.update_summary(named)
        if not arguments.json:
            kept = f"not written, since {', '.join(others)} changed"
            print(kept if others else printable(f"written to {run.summary_file}"))


if __name__ == "__main__":
    main()
