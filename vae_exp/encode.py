"""Where a model puts each datum: ``python -m vae_exp.encode <run folder> [file]``."""

from argparse import Namespace
from typing import Any

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

DESCRIPTION = """\
Write the mean and the standard deviation of q(z|x) for each datum: of a split of the run's own
data, or of a file, of which --help of vae_exp.score says what it may be.

  python -m vae_exp.encode outputs/2026-01-31/12-00-00 --split train
  python -m vae_exp.encode outputs/2026-01-31/12-00-00 mine.npy --out latents.csv
  python -m vae_exp.encode outputs/2026-01-31/12-00-00 pictures

Keys of evaluation, data and device can be set as for vae_exp.evaluate; a conditional model's
condition is as for vae_exp.score.
"""
EPILOG = """\
an .npz file has the arrays id, mean (N, Z), stddev (N, Z) and, where there are labels, label; a
.csv or .parquet file the columns id, label, mean_0, ..., stddev_0, ...
"""
FORMATS = (".npz", ".csv", ".parquet")


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in encoding), 2 (refused before) or 130."""
    parser = Parser("encode", DESCRIPTION, EPILOG)
    parser.add_subject()
    parser.add_argument("--out", help="a .npz, .csv or .parquet file (<run folder>/latents.npz)")
    with exit_codes():
        encode(parser.parse_intermixed_args())


def encode(arguments: Namespace) -> None:
    """Load, encode, write.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.subject import load_subject
        from vae_exp.runs.table_file import keep_inputs, output_file, write_table

        subject = load_subject(
            run, arguments.words, arguments.split, arguments.allow, arguments.condition
        )
        file = output_file(run.path, arguments.out, "latents.npz", FORMATS)
        keep_inputs([file], subject.files)
    with report_errors(DURING_TRAINING), model_use("encode", run.path, arguments):
        import numpy

        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.evaluation.posteriors import posteriors
        from vae_exp.storage.atomic_write import atomic_write

        with EvaluationProgress("encoding") as progress:
            mean, stddev = posteriors(subject.vae, subject.data, subject.split, progress)
        named: dict[str, Any] = {"id": subject.ids}
        classes = subject.data.classes_of(subject.split)
        if classes is not None:
            named["label"] = classes
        if file.suffix == ".npz":
            with atomic_write(file) as temporary, temporary.open("wb") as opened:
                numpy.savez_compressed(opened, **named, mean=mean.numpy(), stddev=stddev.numpy())
        else:
            for name, values in {"mean": mean, "stddev": stddev}.items():
                named |= {f"{name}_{d}": part.tolist() for d, part in enumerate(values.T)}
            write_table(file, named)
        print(printable(f"written to {file}: {len(mean)} data, {mean.shape[1]} latent dimensions"))


if __name__ == "__main__":
    main()
