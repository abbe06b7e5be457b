"""How likely each datum is: ``python -m vae_exp.score <run folder> [file]``."""

import math
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

if TYPE_CHECKING:
    from torch import Tensor

DESCRIPTION = """\
Write how likely a run's model holds each datum for: of a split of the run's own data, or of a
file, for which those data need not be there: the rows of a .npy, .npz, .pt, .h5ad, .csv, .tsv or
.parquet file, or a picture, or all in a folder.

  python -m vae_exp.score outputs/2026-01-31/12-00-00 --split test
  python -m vae_exp.score outputs/2026-01-31/12-00-00 mine.npz --out scores.parquet
  python -m vae_exp.score outputs/2026-01-31/12-00-00 mine.csv --outliers fraud

Of a table's model columns are found by their names, and mean what they meant in training; a model
of arrays takes as many columns of numbers as x has components. Keys of evaluation, data and device
can be set as for vae_exp.evaluate; of a file data.separator, data.decimal and data.encoding, where
it is not written as the run's own table was. Of a conditional model the file has labels y or
covariates c_<name>, or the columns of the run's own table, and a folder subfolders called as the
classes; or --condition says it for all rows, as for vae_exp.sample. Where y of the file is 1 for
outliers and 0 for the others, or the array or column that --outliers names, the areas under the
curves of -log-likelihood are printed.
"""
EPILOG = """\
columns: id (of the data, of an array ids or a column of the file that is the run's data.id or is
called id, of a picture its path below the folder; or the number of the row in a file of arrays, or
else the place in the split, from 0); log_likelihood (by importance sampling), elbo,
reconstruction_loss and kl, in nats; rank, 1 for the least likely; effective_sample_size, of K
weights; and where something is missing observed, how many components of x are not:
log-likelihoods, and ranks, of different numbers of them are not comparable.
"""
FORMATS = (".csv", ".parquet")


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in scoring), 2 (refused before) or 130."""
    parser = Parser("score", DESCRIPTION, EPILOG)
    parser.add_subject()
    parser.add_argument(
        "--samples",
        type=int,
        metavar="K",
        help="of the importance-weighted log-likelihood (evaluation.importance_samples)",
    )
    parser.add_argument(
        "--outliers", metavar="NAME", help="the array, or column, that says which rows are (y)"
    )
    parser.add_argument("--out", help="a .csv or .parquet file (<run folder>/scores.csv)")
    with exit_codes():
        score(parser.parse_intermixed_args())


def score(arguments: Namespace) -> None:
    """Load, score, write.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        if arguments.samples is not None and arguments.samples < 1:
            raise ValueError(f"--samples: expected a positive number, got {arguments.samples}")
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.subject import load_subject
        from vae_exp.runs.table_file import keep_inputs, output_file, write_table

        subject = load_subject(
            run,
            arguments.words,
            arguments.split,
            arguments.allow,
            arguments.condition,
            arguments.outliers,
        )
        samples = arguments.samples or subject.evaluation.importance_samples
        file = output_file(run.path, arguments.out, "scores.csv", FORMATS)
        keep_inputs([file], subject.files)
    with report_errors(DURING_TRAINING), model_use("score", run.path, arguments) as use:
        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.evaluation.importance import importance_weighted

        if getattr(subject.data, "drawn", False):
            print("grey levels became what the model was trained on, by a fixed draw or threshold")
        if known := subject.known_classes:
            print(f"of {known} data the class c is known, and the log-likelihood is of p(x|c)")
        with EvaluationProgress("scoring") as progress:
            each = importance_weighted(
                subject.vae,
                subject.data,
                subject.split,
                samples,
                subject.evaluation.max_elements,
                progress,
            )
        columns: dict[str, Any] = {"id": subject.ids}
        for name in ("log_likelihood", "elbo", "reconstruction_loss", "kl"):
            columns[name] = each[name].tolist()
        columns["rank"] = ranks(each["log_likelihood"]).tolist()
        columns["effective_sample_size"] = each["effective_sample_size"].tolist()
        observed = subject.observed
        fewest, most = int(observed.min()), int(observed.max())
        if fewest < math.prod(subject.data.shape):
            columns["observed"] = observed.tolist()
        if fewest < most:
            print(
                f"{fewest} to {most} components of a datum are observed, and log-likelihoods, and "
                "ranks, of different numbers of them are not comparable"
            )
        write_table(file, columns)
        use.log_file("scores", file)
        if subject.outlier is not None:
            from vae_exp.evaluation.outliers import detection

            found = detection(-each["log_likelihood"].numpy(), subject.outlier)
            use.log_numbers({"auroc": found.auroc, "auprc": found.auprc}, "score/")
            print(
                f"{subject.outlier.sum()} outliers of {len(subject.outlier)} by -log-likelihood: "
                f"AUROC {found.auroc:.3f} ± {found.auroc_stderr:.3f}, AUPRC {found.auprc:.3f} ± "
                f"{found.auprc_stderr:.3f} ({found.prevalence:.3f} by chance)"
            )
        use.log_numbers({k: numbers.mean().item() for k, numbers in each.items()}, "score/")
        print(printable(f"written to {file}: {_summary(each['log_likelihood'], samples)}"))


def ranks(log_likelihood: "Tensor") -> "Tensor":
    """The place of each datum, (N,), from 1, the least likely; what is no number comes first."""
    import torch

    order = log_likelihood.nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
    places = torch.empty(len(order), dtype=torch.int64)
    places[order.argsort(stable=True)] = torch.arange(1, len(order) + 1)
    return places


def _summary(log_likelihood: "Tensor", samples: int) -> str:
    count = len(log_likelihood)
    error = f" ± {log_likelihood.std().item() / count**0.5:.3f}" if count > 1 else ""
    strange = int((~log_likelihood.isfinite()).sum())
    told = f", {strange} of them not finite" if strange else ""
    mean = log_likelihood.mean().item()
    return f"{count} data{told}, log-likelihood {mean:.3f}{error} nats (K = {samples})"


if __name__ == "__main__":
    main()
