"""How the cost of vae_exp grows with the batch, the model, the data and the importance samples.

    python -m bench.scaling

A Bernoulli VAE 784-400-20-400-784 on 28×28 images of random bits, batches of 128, one of these
numbers changed at a time. The settings of a sweep take turns, each turn at least ``TURN`` seconds
of training steps by the records' own clock; a first turn does not count. Prints medians and the
exponent of a power law, fitted by least squares to the logarithms over the upper half of the range.
"""

import argparse
import math
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy
import torch
from rich.console import Console
from rich.table import Table

import vae_exp
from bench.machine import machine, write
from vae_exp.data import SPLITS
from vae_exp.evaluation.importance import importance_weighted

BATCH_SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4096]
WIDTHS = [64, 128, 256, 512, 1024, 2048]
BATCH = 128
STEPS_A_RECORD = 8  # in the sweep of data sizes, so that each has as many records a step
DATA_SIZES = [BATCH * STEPS_A_RECORD * k for k in (1, 2, 4, 8, 16, 32, 48)]  # 1024 .. 49152
SAMPLES = [16, 32, 64, 128, 256, 512, 1024]
TRAIN, VALIDATION, TEST = 16_384, 256, 500
TURN = 0.2
BITS = (  # overrides for the file of random bits
    *("decoder=bernoulli", "data._target_=bench.saved_bits.SavedBits", "+data.file='{bits}'"),
    *("~data.validation_size", "~data.test_size", "~data.levels", "~data.dequantize"),
    "data.binarize=none",
)

Costs = dict[str, float]  # by name, of one turn
Turn = Callable[[], Costs]


def save_random_bits(folder: Path, train: int = TRAIN) -> Path:
    """Images of random bits, so many of them to train on."""
    file, generator = folder / f"{train}.npz", numpy.random.default_rng(0)
    sizes = dict(zip(SPLITS, (train, VALIDATION, TEST)))
    bits = {s: generator.integers(2, size=(n, 1, 28, 28), dtype="uint8") for s, n in sizes.items()}
    numpy.savez(file, **bits)
    return file


def build(file: Path, *overrides: str) -> vae_exp.Experiment:
    cfg = vae_exp.compose(
        *(word.format(bits=file) for word in BITS),
        *("device=cpu", "trainer.epochs=1000000"),
        *(f"trainer.batch_size={BATCH}", *overrides),
    )
    return vae_exp.build(cfg)


def steps(experiment: vae_exp.Experiment) -> Turn:
    """Seconds a training step, on and on."""
    records = (record for record in experiment.train() if "time/train_seconds" in record)
    last = next(records)

    def turn() -> Costs:
        nonlocal last
        first = last
        while (seconds := last["time/train_seconds"] - first["time/train_seconds"]) < TURN:
            last = next(records)
        return {"step": seconds / (last["step"] - first["step"])}

    return turn


def epochs(experiment: vae_exp.Experiment) -> Turn:
    """Seconds a training step over whole epochs, and what an epoch takes besides.

    That is neither steps nor validation: shuffling, the scheduler, copying the best weights.
    """
    records, state = experiment.train(), experiment.state

    def counted() -> tuple[float, ...]:
        validation = state.seconds.get("validation", 0.0)
        return state.train_seconds, validation, state.step, state.epoch

    def turn() -> Costs:
        started, before = perf_counter(), counted()
        for record in records:
            if "val/elbo" in record and state.train_seconds - before[0] >= TURN:
                break
        seconds = perf_counter() - started
        training, validation, n_steps, n_epochs = (b - a for a, b in zip(before, counted()))
        return {
            "step": training / n_steps,
            "epoch_overhead": (seconds - training - validation) / n_epochs,
        }

    return turn


def evaluations(experiment: vae_exp.Experiment, samples: int) -> Turn:
    """Seconds that the log-likelihood of the test data takes with K samples each."""
    vae, data = experiment.vae, experiment.data
    max_elements = experiment.evaluation.max_elements

    def turn() -> Costs:
        started = perf_counter()
        importance_weighted(vae, data, "test", samples, max_elements)
        return {"evaluation": perf_counter() - started}

    return turn


def measure(turns: dict[int, Turn], repeats: int) -> dict[str, dict]:
    """By the name of a cost: every turn's for each setting, and the exponent of the medians."""
    costs = {x: [] for x in turns}
    for _ in range(1 + repeats):
        for x, turn in turns.items():
            costs[x].append(turn())
    results = {}
    for name in next(iter(costs.values()))[0]:
        seconds = {x: [cost[name] for cost in each[1:]] for x, each in costs.items()}
        medians = {x: statistics.median(each) for x, each in seconds.items()}
        results[name] = {"seconds": seconds, "exponent": exponent(medians)}
    return results


def exponent(costs: dict[int, float]) -> float:
    """The slope of log cost on log x over the upper half of the range of log x."""
    middle = math.sqrt(min(costs) * max(costs))
    points = [(math.log(x), math.log(cost)) for x, cost in costs.items() if x >= middle]
    return statistics.linear_regression(*zip(*points)).slope


def show(
    title: str,
    x_name: str,
    result: dict,
    console: Console,
    samples: Callable[[int], int] | None = None,
) -> None:
    """A row for each setting; with ``samples``, how many of them a cost pays for, also the rate."""
    table = Table()
    for column in (x_name, "median", "lowest", "highest", *(["samples/s"] if samples else [])):
        table.add_column(column, justify="right")
    for x, seconds in result["seconds"].items():
        median = statistics.median(seconds)
        times = (f"{1e3 * number:.3f}" for number in (median, min(seconds), max(seconds)))
        table.add_row(f"{x:,}", *times, *([f"{samples(x) / median:,.0f}"] if samples else []))
    console.print(title, table, f"exponent {result['exponent']:.2f} over the upper half\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("outputs/bench/scaling.json"))
    options = parser.parse_args()

    console, repeats = Console(highlight=False), options.repeats
    report = {**machine(), "threads": torch.get_num_threads(), "sweeps": {}}
    sweeps = report["sweeps"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = save_random_bits(folder)

        turns = {b: steps(build(file, f"trainer.batch_size={b}")) for b in BATCH_SIZES}
        result = sweeps["batch_size"] = measure(turns, repeats)
        title = "ms a training step, by batch size"
        show(title, "batch", result["step"], console, lambda batch: batch)

        turns = {h: steps(build(file, f"network.hidden=[{h}]")) for h in WIDTHS}
        result = sweeps["width"] = measure(turns, repeats)
        title = f"ms a training step of {BATCH}, by hidden width"
        show(title, "width", result["step"], console, lambda width: BATCH)

        turns = {
            n: epochs(build(save_random_bits(folder, n), f"trainer.log_every={STEPS_A_RECORD}"))
            for n in DATA_SIZES
        }
        result = sweeps["data_size"] = measure(turns, repeats)
        title = f"ms a training step of {BATCH}, by size of the training set"
        show(title, "data", result["step"], console, lambda size: BATCH)
        title = "ms an epoch besides its steps and validation, by size of the training set"
        show(title, "data", result["epoch_overhead"], console)

        experiment = build(file)
        turns = {k: evaluations(experiment, k) for k in SAMPLES}
        result = sweeps["importance_samples"] = measure(turns, repeats)
        title = f"ms for the log-likelihood of {TEST} data, by importance samples K"
        show(title, "K", result["evaluation"], console, lambda samples: samples * TEST)
    write(report, options.json)
    console.print(f"written to {options.json}")


if __name__ == "__main__":
    main()
