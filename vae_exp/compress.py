"""Data in a few bits: ``python -m vae_exp.compress <run folder> [file]``."""

from argparse import Namespace

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes

DESCRIPTION = """\
Write a split of a run's data, or the rows of a file, into about as many bits as the model's
-ELBO is, by bits-back coding, so that vae_exp.decompress has every number back.

  python -m vae_exp.compress outputs/2026-01-31/12-00-00 --split test --out test.bits
  python -m vae_exp.decompress test.bits outputs/2026-01-31/12-00-00 --out test.npy

The model is not in the file: who decompresses needs the run, and the same machine, torch and
number of threads, for the numbers of the model have to be the same to the last bit. The file
says so, and is decoded once before it is written. The likelihood is to be one of discrete data,
and the latents independent: encoder=gaussian or laplace with prior=standard_normal or laplace,
or codes. pip install 'vae_exp[compress]' brings what it takes.
"""
EPILOG = """\
The rates go to the run's summary.json, as <split>/compressed_bits_per_dim and of gzip, bz2, lzma
and PNG, where the data are the run's own.
"""


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in coding), 2 (refused before) or 130."""
    parser = Parser("compress", DESCRIPTION, EPILOG)
    parser.add_subject()
    parser.add_argument("--out", help="the file to write (<run folder>/<split>.bits)")
    parser.add_argument(
        "--unverified", action="store_true", help="do not decode it before it is written"
    )
    with exit_codes():
        compress(parser.parse_intermixed_args())


def compress(arguments: Namespace) -> None:
    """Load, code, decode, write.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        if arguments.condition is not None:
            raise ValueError("--condition: expected none, for conditional models are not coded")
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        _ = run.summary  # it will be written again, so it has to read
        from vae_exp.compression.bits_back import BitsBack
        from vae_exp.compression.collect import collect, promised_bits
        from vae_exp.compression.numerics import fix_numerics, model_id, numerics
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.subject import load_subject
        from vae_exp.runs.table_file import keep_inputs, output_file

        chosen = (arguments.words, arguments.split, arguments.allow)
        subject = load_subject(run, *chosen, condition=None)
        vae = subject.vae
        fix_numerics(vae)
        alphabet, largest, symbols = collect(vae, subject.data, subject.split)
        coder = BitsBack(vae, alphabet)
        file = output_file(run.path, arguments.out, f"{arguments.split}.bits", ())
        keep_inputs([file], subject.files)
    with report_errors(DURING_TRAINING), model_use("compress", run.path, arguments) as use:
        import numpy

        from vae_exp.cli.compression_table import print_compression
        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.compression.baselines import baselines, plain_bytes
        from vae_exp.compression.container import Header, checksum, pack, unpack
        from vae_exp.storage.atomic_write import atomic_write

        if getattr(subject.data, "drawn", False):
            print("grey levels became what the model was trained on, by a fixed draw or threshold")
        with EvaluationProgress("compressing") as progress:
            header = Header(
                count=len(symbols),
                largest=largest,
                model=model_id(vae),
                weights=subject.evaluation.weights,
                numerics=numerics(vae),
                fingerprint=coder.fingerprint(),
                data=checksum(symbols).hex(),
            )
            words = coder.encode(symbols, progress)
            content = pack(header, words)
            if not arguments.unverified:
                decoded = numpy.zeros_like(symbols)
                coder.decode(unpack(content)[1], decoded, progress)
                if not numpy.array_equal(decoded, symbols):
                    raise RuntimeError("the data came out otherwise; nothing is written")
            with atomic_write(file) as temporary:
                temporary.write_bytes(content)
            elements = subject.evaluation.max_elements
            promised = promised_bits(vae, alphabet, symbols, elements, progress)
            others = {"plain": plain_bytes(symbols), **baselines(symbols, progress)}
        title = f"{len(symbols)} data of {symbols[0].size} dimensions"
        sizes = (len(content), len(content) - words.nbytes)
        print_compression(title, symbols.size, promised, *sizes, others)
        checked = "not decoded" if arguments.unverified else "decoded, and the same"
        print(printable(f"written to {file}: {len(content):,} bytes, {checked}"))
        bits = {name: 8 * size / symbols.size for name, size in others.items()}
        rates = {"compressed": 8 * len(content) / symbols.size, **bits}
        numbers = {f"{name}_bits_per_dim": rate for name, rate in rates.items()}
        numbers["compressed_excess"] = 8 * len(content) / promised - 1
        use.log_numbers(numbers, "compress/")
        if run.summary and not subject.others:
            run.update_summary({f"{arguments.split}/{k}": v for k, v in numbers.items()})
            print(printable(f"written to {run.summary_file}"))


if __name__ == "__main__":
    main()
