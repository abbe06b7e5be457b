"""A training step on a CUDA device beside the loop that one would write by hand for it.

    python -m bench.gpu

``bench/gpu.sh`` runs the tests that need such a device first. The systems of a case are processes
that take turns, an epoch of 50,000 images each; a first round does not count. Absolute times
count here, for nothing else uses the device.
"""

import argparse
import math
import statistics
import sys
import tempfile
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from bench.case import CASES
from bench.machine import machine, write
from bench.peers import Worker, incomparable
from bench.saved_bits import save_mnist

ALIKE = ("device=cuda", "wandb.mode=disabled")
SYSTEMS = {
    "hand-written": ("hand_written_cuda", "eager"),
    "hand-written, torch.compile": ("hand_written_cuda", "compiled"),
    "hand-written, CUDA graph": ("hand_written_cuda", "graph"),
    "vae_exp": ("ours", *ALIKE),
    "vae_exp, trainer.compile=true": ("ours", *ALIKE, "trainer.compile=true"),
    "vae_exp, trainer.precision=bf16": ("ours", *ALIKE, "trainer.precision=bf16"),
}
REFERENCE = "hand-written"


def measure(case: str, systems: list[str], repeats: int, file: Path) -> dict[str, dict]:
    """Milliseconds a step, the ratio to the hand-written loop, and the peak of device memory."""
    chosen = {name: SYSTEMS[name] for name in dict.fromkeys([REFERENCE, *systems])}
    workers = {name: Worker(words[0], case, file, *words[1:]) for name, words in chosen.items()}
    epochs = {name: [] for name in chosen}
    for _ in range(1 + repeats):
        for name, worker in workers.items():
            epochs[name].append(worker.epoch())
    for worker in workers.values():
        worker.close()
    steps = math.ceil(50_000 / CASES[case].batch_size)
    reference = [epoch["seconds"] for epoch in epochs[REFERENCE][1:]]
    return {
        name: {
            "ms_per_step": [1e3 * epoch["seconds"] / steps for epoch in each[1:]],
            "ratio": statistics.median(e["seconds"] / r for e, r in zip(each[1:], reference)),
            "loss": each[-1]["loss"],
            "device_megabytes": each[-1]["device_megabytes"],
        }
        for name, each in epochs.items()
    }


def show(case: str, results: dict[str, dict]) -> Table:
    table = Table(title=f"{case}: ms a step", title_justify="left")
    for column in ("system", "median", "lowest", "highest", f"× {REFERENCE}", "MB", "loss"):
        table.add_column(column, justify="left" if column == "system" else "right")
    for name, result in results.items():
        times = result["ms_per_step"]
        table.add_row(
            name,
            *(f"{number:.3f}" for number in (statistics.median(times), min(times), max(times))),
            f"{result['ratio']:.2f}",
            f"{result['device_megabytes']:.0f}",
            f"{result['loss']:.2f}",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--root", default="~/.cache/vae_exp", help="has, or gets, MNIST")
    parser.add_argument("--json", type=Path, default=Path("outputs/bench/gpu.json"))
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("no CUDA device here: nothing to measure")

    console = Console(width=max(110, Console().width))
    report = {**machine(), "device": torch.cuda.get_device_name(), "cases": {}}
    console.print(report["device"])
    unlike = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bits.npz"
        save_mnist(options.root, file)
        for case in options.cases:
            results = measure(case, options.systems, options.repeats, file)
            report["cases"][case] = results
            console.print(show(case, results))
            unlike += incomparable(case, results, REFERENCE)
    write(report, options.json)
    console.print(f"written to {options.json}")
    if unlike:
        sys.exit("losses that are not comparable: " + "; ".join(unlike))


if __name__ == "__main__":
    main()
