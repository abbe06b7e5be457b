"""Data through a model and back: ``python -m vae_exp.reconstruct <run folder> [file]``."""

import math
from argparse import Namespace
from typing import Any

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

DESCRIPTION = """\
Write the mean of p(x|z) at the mean of q(z|x) for each datum, and a picture of the first ones: of
a split of the run's own data, or of a file, of which --help of vae_exp.score says what it may be.

  python -m vae_exp.reconstruct outputs/2026-01-31/12-00-00 --split train
  python -m vae_exp.reconstruct outputs/2026-01-31/12-00-00 pictures --out mine.npz

Keys of evaluation, data and device can be set as for vae_exp.evaluate; a conditional model's
condition is as for vae_exp.score.
"""
EPILOG = """\
the .npz file has the arrays id, x and mean, (N, X) each, and, where there are labels, label; the
picture has the same name and ends in .png
"""


def main() -> None:
    """Run the command line; exit with 0, 1 (failed on the way), 2 (refused before) or 130."""
    parser = Parser("reconstruct", DESCRIPTION, EPILOG)
    parser.add_subject()
    parser.add_argument("--out", help="an .npz file (<run folder>/reconstructions.npz)")
    with exit_codes():
        reconstruct(parser.parse_intermixed_args())


def reconstruct(arguments: Namespace) -> None:
    """Load, encode, decode, write.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.subject import load_subject
        from vae_exp.runs.table_file import keep_inputs, output_file
        from vae_exp.runtime.memory import physical_memory

        subject = load_subject(
            run, arguments.words, arguments.split, arguments.allow, arguments.condition
        )
        vae, data, split = subject.vae, subject.data, subject.split
        most = physical_memory() // (2 * 4 * math.prod(data.shape))
        if data.size(split) > most:
            raise ValueError(
                f"--split: expected at most {most} data, whose reconstructions have a place in "
                f"memory, got {data.size(split)}"
            )
        file = output_file(run.path, arguments.out, "reconstructions.npz", [".npz"])
        picture = output_file(run.path, str(file.with_suffix(".png")), "", [".png"])
        keep_inputs([file, picture], subject.files)
    with report_errors(DURING_TRAINING), model_use("reconstruct", run.path, arguments) as use:
        import numpy
        import torch

        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.evaluation.reconstructions import reconstructions
        from vae_exp.plots.reconstructions import draw
        from vae_exp.plots.rendering import render
        from vae_exp.storage.atomic_write import atomic_write
        from vae_exp.storage.pictures import save_pictures

        with EvaluationProgress("reconstructing") as progress:
            x, mean = reconstructions(vae, data, split, progress)
        arrays: dict[str, Any] = {"id": subject.ids, "x": x.numpy(), "mean": mean.numpy()}
        classes = data.classes_of(split)
        if classes is not None:
            arrays["label"] = classes
        with atomic_write(file) as temporary, temporary.open("wb") as opened:
            numpy.savez_compressed(opened, **arrays)
        told = "given data" if subject.files else f"{split} data"
        with torch.no_grad():
            pixels = render(draw(vae, data, split, told))
        save_pictures({picture.stem: pixels}, picture.parent)
        use.log_picture("reconstructions", pixels)
        print(printable(f"written to {file} and {picture.name}: {len(mean)} data"))


if __name__ == "__main__":
    main()
