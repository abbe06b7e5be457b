"""Fill in what is missing: ``python -m vae_exp.impute <run folder> [file]``."""

from argparse import Namespace
from typing import Any

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

DESCRIPTION = """\
Fill in the missing values, NaN or empty cells, of each datum by a run's model: of a split of the
run's own data, or of a file, of which --help of vae_exp.score says what it may be.

  python -m vae_exp.impute outputs/2026-01-31/12-00-00 mine.npz --samples 10000
  python -m vae_exp.impute outputs/2026-01-31/12-00-00 mine.csv --out complete.csv
  python -m vae_exp.impute outputs/2026-01-31/12-00-00 --split train --draws 5

Keys of evaluation, data and device can be set as for vae_exp.evaluate; a conditional model's
condition is as for vae_exp.score.
"""
EPILOG = """\
imputed.npz has the arrays id, x (N, X), with E[x_mis|x_obs] in the place of what is missing, or
the most probable one of categories, missing (N, X), and with --draws D draws (D, N, X), with
draws of p(x_mis|x_obs) there. Of a .csv, .tsv or .parquet file, and of a model of a table, also
imputed.csv (.tsv, .parquet): the same columns and rows, and only what was missing is changed; and
with --draws imputed_draws.csv, D such tables below each other, with a column draw. --out of such
a name writes these alone. Of data that data.missing has hidden the errors are printed.
"""


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in filling in), 2 (refused before) or 130."""
    parser = Parser("impute", DESCRIPTION, EPILOG)
    parser.add_subject()
    parser.add_argument(
        "--samples",
        type=int,
        metavar="K",
        help="of q(z|x) for each datum (evaluation.importance_samples)",
    )
    parser.add_argument("--draws", type=int, default=0, metavar="D", help="of each datum (0)")
    parser.add_argument(
        "--out", help="a .npz, .csv, .tsv or .parquet file (<run folder>/imputed.npz)"
    )
    with exit_codes():
        impute(parser.parse_intermixed_args())


def impute(arguments: Namespace) -> None:
    """Load, fill in, write.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        for option, value, least in (
            ("--samples", arguments.samples, 1),
            ("--draws", arguments.draws, 0),
        ):
            if value is not None and value < least:
                raise ValueError(f"{option}: expected {least} or more, got {value}")
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        import torch

        from vae_exp.runs.completed_file import CompletedFile
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.subject import load_subject
        from vae_exp.runs.table_file import keep_inputs, output_file

        subject = load_subject(
            run, arguments.words, arguments.split, arguments.allow, arguments.condition
        )
        samples = arguments.samples or subject.evaluation.importance_samples
        table = CompletedFile.of(subject)
        file = output_file(run.path, arguments.out, "imputed.npz", (".npz", *table.suffixes))
        beside = file.with_suffix(table.suffix) if file.suffix == ".npz" else file
        keep_inputs([file, *table.files(beside, arguments.draws)], subject.files)
        vae, data, split = subject.vae, subject.data, subject.split
        missing = torch.cat([x.isnan().cpu() for x in data.batches(split, 1000)])
        if not missing.any():
            raise ValueError(
                "impute: expected data with missing values, NaN or empty cells, got "
                f"{len(missing)} data without; data.missing=0.5 hides half of the run's own"
            )
    with report_errors(DURING_TRAINING), model_use("impute", run.path, arguments) as use:
        import numpy

        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.evaluation.imputation import errors, impute_split
        from vae_exp.storage.atomic_write import atomic_write

        if known := subject.known_classes:
            print(f"of {known} data the class is known, and what is filled in is given that")
        with EvaluationProgress("imputing") as progress:
            imputed = impute_split(
                vae,
                data,
                split,
                samples,
                arguments.draws,
                subject.evaluation.max_elements,
                progress=progress,
            )
        arrays: dict[str, Any] = {
            "id": subject.ids,
            "x": imputed.mean.numpy(),
            "missing": missing.numpy(),
        }
        if arguments.draws:
            arrays["draws"] = imputed.draws.numpy()
        written = str(file)
        if file.suffix == ".npz":
            with atomic_write(file) as temporary, temporary.open("wb") as opened:
                numpy.savez_compressed(opened, **arrays)
        if table.suffixes:
            table.write(beside, imputed)
            files = [file, *table.files(beside, arguments.draws)]
            written = " and ".join(dict.fromkeys(map(str, files)))
        filled = f"{missing.sum()} values of {missing.flatten(1).any(1).sum()} data filled in"
        print(printable(f"written to {written}: {filled} (K = {samples})"))
        if data.hidden is not None and split not in data.redrawn:
            found = errors(vae, data, split, imputed.mean)
            use.log_numbers(found, "impute/")
            for name, value in found.items():
                print(f"{name} {value:.4f}, of what data.missing has hidden")


if __name__ == "__main__":
    main()
