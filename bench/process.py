"""Whole processes seen from outside: what a short run takes in time, and a usual one in memory.

    python -m bench.process
    python -m bench.process --only memory --repeats 3

``startup``: a run of one step on the digits, with everything at its defaults and without pictures
and probe, beside a process that only imports torch, wandb and hydra, builds one Adam, and opens
and closes one offline W&B run. ``memory``: a run of one epoch on MNIST, again both ways, beside the
hand-written loop for one epoch; the peak is of resident memory, as the kernel tells it on exit.

The processes of a benchmark take turns, each in a new folder; a first round does not count. A
process of ours starts with this one's memory as its peak, so nothing large is imported here.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from bench.machine import machine, write

BARE = """
import torch, wandb, hydra
torch.optim.Adam([torch.zeros(1, requires_grad=True)])
settings = wandb.Settings(silent=True, console="off")  # as vae_exp has them
wandb.init(mode="offline", project="bare", settings=settings).finish()
"""
SAVE = "import sys; from bench.saved_bits import save_mnist; save_mnist(*sys.argv[1:])"
RUN = ("-m", "vae_exp.run", "wandb.mode=offline")
NO_EXTRAS = ("plots.names=[]", "evaluation.probe=false")
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


@dataclass(frozen=True)
class Benchmark:
    """Command lines of Python by name, the reference last, and what counts of them."""

    title: str
    quantity: str
    commands: dict[str, tuple[str, ...]]
    input: str = ""


def startup() -> Benchmark:
    short = (*RUN, "trainer.max_steps=1")
    commands = {
        "vae_exp, one step": short,
        "without pictures and probe": (*short, *NO_EXTRAS),
        "imports, Adam, W&B": ("-c", BARE),
    }
    return Benchmark("a process from start to end, s", "seconds", commands)


def memory(root: str, file: Path) -> Benchmark:
    place = str(Path(root).expanduser().absolute())
    python("-c", SAVE, place, str(file), folder=file.parent)
    epoch = (
        *(*RUN, "data=mnist", "data.binarize=static", f"data.root='{place}'"),
        *("decoder=bernoulli", "trainer.epochs=1"),
    )
    commands = {
        "vae_exp, one epoch": epoch,
        "without pictures and probe": (*epoch, *NO_EXTRAS),
        "hand-written loop": ("-m", "bench.worker", "hand_written", "mlp-128", str(file)),
    }
    # the hand-written loop trains for an epoch when it reads a line
    return Benchmark("peak resident memory, MB", "megabytes", commands, input="\n")


def python(*arguments: str, folder: Path, input: str = "") -> dict[str, float]:
    """Run Python on these arguments to the end: its ``seconds`` and its peak of ``megabytes``.

    Raises:
        SystemExit: it failed; with the end of what it said.
    """
    checkout = str(Path(__file__).resolve().parents[1])
    paths = [checkout, *filter(None, [os.environ.get("PYTHONPATH")])]
    surroundings = {"PYTHONPATH": os.pathsep.join(paths), "WANDB_ERROR_REPORTING": "false"}
    with tempfile.TemporaryFile("w+") as said:
        started = perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | surroundings,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )
        process.stdin.write(input)
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{arguments} ended with {process.returncode}:\n{said.read()[-2000:]}")
    return {"seconds": seconds, "megabytes": usage.ru_maxrss * MAXRSS_UNIT / 1e6}


def measure(benchmark: Benchmark, repeats: int) -> dict[str, dict]:
    """Run the commands in turn, ``repeats`` times after one that does not count."""
    runs = {name: [] for name in benchmark.commands}
    for _ in range(1 + repeats):
        for name, command in benchmark.commands.items():
            with tempfile.TemporaryDirectory() as folder:
                runs[name].append(python(*command, folder=Path(folder), input=benchmark.input))
    *_, last = runs.values()
    reference = [run[benchmark.quantity] for run in last[1:]]
    results = {}
    for name, each in runs.items():
        counted = {key: [run[key] for run in each[1:]] for key in each[0]}
        pairs = zip(counted[benchmark.quantity], reference)
        results[name] = {**counted, "ratio": statistics.median(a / b for a, b in pairs)}
    return results


def show(benchmark: Benchmark, results: dict[str, dict]) -> Table:
    *_, reference = benchmark.commands
    table = Table(title=benchmark.title, title_justify="left")
    for column in ("process", "median", "lowest", "highest", f"× {reference}"):
        table.add_column(column, justify="left" if column == "process" else "right")
    for name, result in results.items():
        numbers = result[benchmark.quantity]
        digits = 2 if benchmark.quantity == "seconds" else 0
        cells = (statistics.median(numbers), min(numbers), max(numbers))
        table.add_row(name, *(f"{cell:.{digits}f}" for cell in cells), f"{result['ratio']:.2f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=("startup", "memory"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--root", default="~/.cache/vae_exp", help="has, or gets, MNIST")
    parser.add_argument("--json", type=Path, default=Path("outputs/bench/process.json"))
    options = parser.parse_args()

    console = Console(width=max(110, Console().width))
    report = machine()
    with tempfile.TemporaryDirectory() as folder:
        makers = {
            "startup": startup,
            "memory": lambda: memory(options.root, Path(folder) / "bits.npz"),
        }
        for name in [options.only] if options.only else makers:
            benchmark = makers[name]()
            report[name] = measure(benchmark, options.repeats)
            console.print(show(benchmark, report[name]))
    write(report, options.json)
    console.print(f"written to {options.json}")


if __name__ == "__main__":
    main()
