"""Training speed of vae_exp beside a hand-written loop, other frameworks and the usual loops.

    pip install -e '.[bench]' && pip install --no-deps pythae==0.1.2 imageio cloudpickle
    python -m bench.peers

See README.md here for the method. A system that is not installed is left out.
"""

import argparse
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.case import CASES
from bench.machine import machine, write
from bench.saved_bits import save_mnist

# the system, what it needs, and what the table calls it
SYSTEMS = {
    "hand_written": (None, "hand-written loop"),
    "ours": (None, "vae_exp"),
    "torch_distributions": (None, "torch.distributions, DataLoader"),
    "torchvision_loop": (None, "torchvision, ToTensor, DataLoader"),
    "pythae_trainer": ("pythae", "pythae"),
    "pyro_svi": ("pyro", "Pyro SVI"),
}
REFERENCE = "hand_written"
COMPARABLE = 0.02  # losses after the same number of epochs differ by less, relatively


class Worker:
    """A process that trains one system when asked to, and otherwise waits."""

    def __init__(self, system: str, case: str, file: Path, *overrides: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", system, case, str(file), *overrides],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TQDM_DISABLE": "1"},
        )
        self._read()

    def epoch(self) -> dict[str, float]:
        """Train for one epoch: its ``seconds`` and ``loss``."""
        print(file=self.process.stdin, flush=True)
        return self._read()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def _read(self) -> dict[str, float]:
        for line in self.process.stdout:
            if line.startswith("{"):  # and nothing that a framework prints
                return json.loads(line)
        raise SystemExit(f"{self.process.args} ended with {self.process.wait()}")


def measure(case: str, systems: list[str], repeats: int, file: Path) -> dict[str, dict]:
    """Let the systems train an epoch in turn, ``repeats`` times after one that does not count."""
    workers = {system: Worker(system, case, file) for system in systems}
    epochs = {system: [] for system in systems}
    for _ in range(1 + repeats):
        for system, worker in workers.items():
            epochs[system].append(worker.epoch())
    for worker in workers.values():
        worker.close()
    steps = math.ceil(50_000 / CASES[case].batch_size)
    results = {}
    for system in systems:
        seconds = [epoch["seconds"] for epoch in epochs[system][1:]]
        reference = [epoch["seconds"] for epoch in epochs[REFERENCE][1:]]
        results[system] = {
            "ms_per_step": [1e3 * each / steps for each in seconds],
            "ratio": statistics.median(a / b for a, b in zip(seconds, reference)),
            "loss": epochs[system][-1]["loss"],
        }
    return results


def show(case: str, results: dict[str, dict], console: Console) -> None:
    table = Table(title=f"{case}: ms a step", title_justify="left")
    for column in ("system", "median", "lowest", "highest", "× hand-written", "vae_exp is", "loss"):
        table.add_column(column, justify="left" if column == "system" else "right")
    for system, result in results.items():
        times = result["ms_per_step"]
        table.add_row(
            SYSTEMS[system][1],
            *(f"{number:.2f}" for number in (statistics.median(times), min(times), max(times))),
            f"{result['ratio']:.2f}",
            f"{result['ratio'] / results['ours']['ratio']:.2f} × faster",
            f"{result['loss']:.2f}",
        )
    console.print(table)


def incomparable(case: str, results: dict[str, dict], reference: str) -> list[str]:
    """A line for each system that did not do the same, as its loss shows."""
    expected = results[reference]["loss"]
    return [
        f"{case}: {system} reached {result['loss']:.2f}, not {expected:.2f}"
        for system, result in results.items()
        if not math.isclose(result["loss"], expected, rel_tol=COMPARABLE)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--root", default="~/.cache/vae_exp", help="has, or gets, MNIST")
    parser.add_argument("--json", type=Path, default=Path("outputs/bench/peers.json"))
    options = parser.parse_args()

    console = Console(width=max(110, Console().width))
    needs = {system: SYSTEMS[system][0] for system in options.systems}
    absent = [s for s, module in needs.items() if module and not importlib.util.find_spec(module)]
    if absent:
        console.print(f"not installed: {', '.join(absent)}")
    systems = [REFERENCE, "ours", *options.systems]
    systems = [system for system in dict.fromkeys(systems) if system not in absent]
    report = {**machine(), "cases": {}}
    unlike = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bits.npz"
        save_mnist(options.root, file)
        for case in options.cases:
            results = measure(case, systems, options.repeats, file)
            report["cases"][case] = results
            show(case, results, console)
            unlike += incomparable(case, results, REFERENCE)
    write(report, options.json)
    console.print(f"written to {options.json}")
    if unlike:
        sys.exit("losses that are not comparable: " + "; ".join(unlike))


if __name__ == "__main__":
    main()
