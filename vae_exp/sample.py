"""Draw from a trained model: ``python -m vae_exp.sample <run folder>``."""

import importlib.util
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

if TYPE_CHECKING:
    from torch import Tensor

    from vae_exp.storage.saved_run import SavedRun
    from vae_exp.vae import VAE

COLUMNS = 10
PICTURED = 100
DESCRIPTION = """\
Draw z from the prior and x from the likelihood of a run's model.

  python -m vae_exp.sample outputs/2026-01-31/12-00-00 --count 1000

of a conditional model also --condition 7, --condition cat, --condition age=0.5 batch=b, or
--condition file.npy, of data whose part is the condition; several classes share N out.

writes samples.npz, with the arrays z (N, Z), mean (N, X), the mean of p(x|z), and
x (N, X), a draw from it; and samples.png, a picture of the first means.
Of a model of a table also samples.csv, the draws as the table has them, and
samples.parquet where the table is such a file (and pyarrow is there).
"""


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in drawing), 2 (refused before) or 130."""
    parser = Parser("sample", DESCRIPTION)
    parser.add_run()
    parser.add_argument("--count", type=int, default=60, metavar="N", help="how many (60)")
    parser.add_argument(
        "--condition", nargs="+", metavar="C", help="of a conditional model, see above"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws (0)")
    parser.add_argument("--out", help="where to write to (<run folder>/samples)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--weights", default="best", help="best (by validation ELBO) or last")
    with exit_codes():
        sample(parser.parse_args())


def sample(arguments: Namespace) -> None:
    """Load, draw, write.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        if arguments.count < 1:
            raise ValueError(f"--count: expected a positive number, got {arguments.count}")
        if arguments.out == "":
            raise ValueError("--out: expected a folder to write to, got nothing; . is this one")
        if not 0 <= arguments.seed < 2**63:
            raise ValueError(f"--seed: expected a number from 0, below 2^63, got {arguments.seed}")
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        import numpy
        import torch

        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.plots.mosaic import mosaic
        from vae_exp.plots.rendering import render
        from vae_exp.runs.load import load
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.read_condition import read_condition
        from vae_exp.storage.atomic_write import atomic_write
        from vae_exp.storage.own_file import own_file
        from vae_exp.storage.pictures import save_pictures

        vae = load(run.path, arguments.device, arguments.weights, arguments.allow)
        c = read_condition(vae, arguments.condition)
        rows = rows_of_picture(arguments.count, 1 if c is None else len(c))
        if c is not None:
            c = c[torch.arange(arguments.count).remainder(len(c)).sort().values]
        most = _most(vae, c)
        if arguments.count > most:
            raise ValueError(
                f"--count: expected at most {most}, as many as fit into memory, got "
                f"{arguments.count}"
            )
        folder = Path(arguments.out) if arguments.out else own_file(run.path, run.path / "samples")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"--out: expected a folder to write to, got {folder}: {error.strerror}"
            ) from error
    with (
        report_errors(DURING_TRAINING),
        model_use("sample", run.path, arguments) as use,
        torch.no_grad(),
        EvaluationProgress("sampling") as progress,
    ):
        progress("drawing", 0)
        torch.manual_seed(arguments.seed)
        z, p_x = vae.sample_latent(arguments.count, c)
        arrays = {"z": z, "mean": p_x.mean, "x": p_x.sample()}
        if c is not None:
            arrays |= {k: vae.condition.complete(arrays[k], c) for k in ("mean", "x")} | {"c": c}
        progress("writing samples.npz", 0)
        replaced = (folder / "samples.npz").exists()
        with atomic_write(folder / "samples.npz") as file, file.open("wb") as opened:
            numpy.savez_compressed(opened, **{k: a.cpu().numpy() for k, a in arrays.items()})
        progress("picture", 0)
        page = arrays["mean"][rows]
        given = "p(x|z) for z from the prior p(z)"
        if c is not None:
            given = "p(x|z, c) for z from the prior, under the condition c"
        names = classes_of_rows(vae, None if c is None else c[rows])
        picture = render(mosaic(page, f"The mean of {given}", rows=names))
        save_pictures({"samples": picture}, folder)
        use.log_picture("samples", picture)
        progress("tables", 0)
        written = ["samples.png", *write_tables(vae, arrays["x"], run, folder)]
        print(printable(f"written to {folder / 'samples.npz'} and {', '.join(written)}"))
        if replaced:
            print("earlier samples are replaced; --out has another folder")


def rows_of_picture(count: int, conditions: int) -> "Tensor":
    """Which of ``count`` draws are shown, (rows, columns): a row each where there are conditions.

    Args:
        conditions: how many there are, each for as many draws, or one more of the first ones.
    """
    import torch

    if conditions == 1 or count <= conditions:
        columns = min(COLUMNS, count)
        return torch.arange(min(PICTURED, count) // columns * columns).reshape(-1, columns)
    each, more = divmod(count, conditions)
    place = torch.arange(min(PICTURED // min(COLUMNS, each), conditions))
    starts = place * each + place.clamp(max=more)
    return starts.unsqueeze(-1) + torch.arange(min(COLUMNS, each))


def classes_of_rows(vae: "VAE", c: "Tensor | None") -> list[str]:
    """The class of each row of conditions c (rows, columns, ...), where no row has two."""
    if c is None or vae.condition.source != "labels" or (c != c[:, :1]).any():
        return []
    numbers = vae.condition.numbers.tolist()
    return [str(vae.condition.classes[numbers.index(row)]) for row in c[:, 0].tolist()]


def write_tables(vae: "VAE", x: "Tensor", run: "SavedRun", folder: Path) -> list[str]:
    """Draws x (N, D) of a model of a table as a table of the same columns; returns the files."""
    from vae_exp.data.completed_table import write_frame
    from vae_exp.data.table_form import TableForm
    from vae_exp.storage.atomic_write import atomic_write

    if not vae.observe.variables:
        return []
    frame, own = vae.observe.frame(x), run.config["data"]
    parquet = str(own.get("path", "")).endswith(".parquet")
    parquet &= importlib.util.find_spec("pyarrow") is not None
    suffixes = [".csv", *[".parquet"] * parquet]
    for suffix in suffixes:
        with atomic_write(folder / f"samples{suffix}") as file:
            write_frame(file, frame, suffix, TableForm.of(own))
    return [f"samples{suffix}" for suffix in suffixes]


def _most(vae: "VAE", c: "Tensor | None") -> int:
    """How many draws have a place in memory: z, the mean, x, another x while it is drawn, and
    what the decoder's network needs in between."""
    import torch

    from vae_exp.runs.activations import forward_bytes
    from vae_exp.runtime.memory import physical_memory

    with torch.no_grad():
        z, p_x = vae.sample_latent(1, None if c is None else c[:1])
        numbers = z.numel() + 3 * p_x.mean.numel()
    return physical_memory() // (z.element_size() * numbers + forward_bytes([vae.decoder]))


if __name__ == "__main__":
    main()
