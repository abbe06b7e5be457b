"""Data out of a few bits: ``python -m vae_exp.decompress <file> <run folder>``."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

if TYPE_CHECKING:
    import numpy

    from vae_exp.compression.container import Header

DESCRIPTION = """\
Write the data of a file of vae_exp.compress into a .npy file: bits, grey levels, counts or the
places of categories as whole numbers (N, X), every one as it was.

  python -m vae_exp.decompress test.bits outputs/2026-01-31/12-00-00 --out test.npy

The run is the one whose model compressed them; its data need not be there. Device, threads and
weights are those of the file, and what is not the same here is refused.
"""


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in decoding), 2 (refused before) or 130."""
    parser = Parser("decompress", DESCRIPTION)
    parser.add_argument("file", help="of vae_exp.compress")
    parser.add_run()
    parser.add_argument(
        "words", nargs="*", default=[], metavar="key=value", help="device and threads"
    )
    parser.add_argument("--out", help="a .npy file (beside the file, if none is there)")
    with exit_codes():
        decompress(parser.parse_intermixed_args())


def decompress(arguments: Namespace) -> None:
    """Read, load, decode, write.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        from vae_exp.compression.alphabet import alphabet
        from vae_exp.compression.bits_back import BitsBack
        from vae_exp.compression.numerics import check_numerics, fix_numerics, model_id, numerics
        from vae_exp.runs.load import load_without_data
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.override import override
        from vae_exp.runs.table_file import keep_inputs, output_file

        header, words = _read(arguments.file)
        own = {name: header.numerics[name] for name in ("device", "threads")}
        own["evaluation.weights"] = header.weights
        config, _ = override(run.config, [*(f"{k}={v}" for k, v in own.items()), *arguments.words])
        vae, _ = load_without_data(run, config, arguments.allow)
        fix_numerics(vae)
        if (found := model_id(vae)) != header.model:
            raise ValueError(
                f"run: expected the model {header.model}, which compressed the file, got {found}; "
                "name its run"
            )
        check_numerics(header.numerics, numerics(vae))
        coder = BitsBack(vae, alphabet(vae.decoder.support, header.largest))
        if (found := coder.fingerprint()) != header.fingerprint:
            raise ValueError(
                "file: expected the numbers of the model to be those with which it was written "
                f"({header.fingerprint}), got others ({found}); decompress where it was compressed"
            )
        source = Path(arguments.file).expanduser()
        beside = source.with_suffix(".npy")
        file = output_file(run.path, arguments.out or str(beside), "", (".npy",))
        keep_inputs([file], [source])
        if not arguments.out and file.exists():  # it may be what was compressed, the only copy
            raise ValueError(
                f"--out: expected a file where {file} is there already, got none; --out {file} "
                "writes over it"
            )
    with report_errors(DURING_TRAINING), model_use("decompress", run.path, arguments):
        from numpy.lib.format import open_memmap

        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.compression.container import checksum
        from vae_exp.storage.atomic_write import atomic_write

        with atomic_write(file) as temporary:
            shape = (header.count, *coder.shape)
            symbols = open_memmap(temporary, "w+", coder.alphabet.dtype, shape)
            with EvaluationProgress("decompressing") as progress:
                coder.decode(words, symbols, progress)
            symbols.flush()
            if checksum(symbols).hex() != header.data:
                raise RuntimeError("the data came out otherwise; nothing is written")
        print(printable(f"written to {file}: {shape[0]} data of {shape[1:]}, exactly as they were"))


def _read(path: str) -> tuple["Header", "numpy.ndarray"]:
    from vae_exp.compression.container import unpack

    file = Path(path).expanduser()
    if not file.is_file():
        raise ValueError(f"file: expected a file of vae_exp.compress, found none, {path}")
    try:
        return unpack(file.read_bytes())
    except OSError as error:
        raise ValueError(f"file: expected one that reads, got {path}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"file: {error}, {path}") from error


if __name__ == "__main__":
    main()
