"""Whether many seeds of one small model train faster as one stacked model.

    python -m bench.many_seeds
    python -m bench.many_seeds --device cuda

The steps of a training as ``hydra/launcher=parallel`` takes them, a seed at a time, and as
``hydra/launcher=vmap``, S seeds at a time, in one process. They take turns; a first turn does not
count. Printed is the median processor time of a step of one seed, which other programs change less
than wall time (on CUDA: wall time), and the ratio. Both launchers have a process for each core, so
that this is also the ratio of what they train in an hour, S being a process's share of the seeds.
Validation is not in it, nor is what a run does beside its training.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import numpy
import torch
from rich.console import Console

import vae_exp
from bench.machine import machine, write
from bench.scaling import BITS, save_random_bits
from vae_exp.runtime.random_stream import RandomStream
from vae_exp.training import trainer
from vae_exp.training.ensemble import Ensemble, Member

CASES = {
    "2-32-2, points": ("data=array", "data.path='{points}'", "network.hidden=[32]", "z_dim=2"),
    "64-100-6, digits": ("network.hidden=[100]", "z_dim=6"),
    "64-400-20, digits": (),
    "784-400-20, bits": BITS,
}
POINTS = 16_384
TURN = 0.4  # seconds of processor time, at least
SKIPPED = {"elbo": 0.0, "loss": 0.0}  # of a validation


def build(words: tuple[str, ...], seed: int, device: str) -> vae_exp.Experiment:
    own = (f"seed={seed}", f"device={device}", "trainer.epochs=1000000", "trainer.log_every=10")
    return vae_exp.build(vae_exp.compose(*words, *own))


def alone(words: tuple[str, ...], device: str) -> Callable[[], int]:
    """Trains to the next record of one seed; how many steps there are behind it."""
    experiment = build(words, 0, device)
    records = experiment.train()
    return lambda: (next(records), experiment.state.step)[1]


def together(words: tuple[str, ...], seeds: int, device: str) -> Callable[[], int]:
    """The same of so many seeds as one model."""
    members = []
    for seed in range(seeds):
        experiment = build(words, seed, device)
        members.append(Member(experiment, RandomStream(experiment.data.device)))
    records = Ensemble(members).fit()
    last = members[-1].training.state

    def advance() -> int:
        for _ in members:
            next(records)
        return last.step * seeds

    return advance


def measure(advance: Callable[[], int], clock: Callable[[], float]) -> float:
    """Seconds a step of one seed, over a turn."""
    before, started = advance(), clock()
    while clock() - started < TURN:
        steps = advance()
    return (clock() - started) / (steps - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="of the process (1)")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 8, 32], help="S")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("outputs/bench/many_seeds.json"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    trainer.average_info = lambda *_, **__: SKIPPED
    clock = process_time if options.device == "cpu" else perf_counter
    report = {**machine(), "device": options.device, "threads": options.threads, "seconds": {}}
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as name:
        places = {"points": Path(name) / "points.npz", "bits": save_random_bits(Path(name))}
        points = numpy.random.default_rng(0).normal(size=(POINTS, 2)).astype("float32")
        numpy.savez(places["points"], x=points)
        for case in options.cases:
            words = (*(word.format(**places) for word in CASES[case]), f"threads={options.threads}")
            ways = {"alone": alone(words, options.device)}
            ways |= {f"S = {s}": together(words, s, options.device) for s in options.seeds}
            turns = {way: [] for way in ways}
            for _ in range(1 + options.repeats):
                for way, advance in ways.items():
                    turns[way].append(measure(advance, clock))
            report["seconds"][case] = {way: each[1:] for way, each in turns.items()}
            medians = {way: statistics.median(each[1:]) for way, each in turns.items()}
            console.print(f"{case}, ms a step of one seed:")
            for way, seconds in medians.items():
                console.print(f"{way:>8} {1e3 * seconds:7.2f} {medians['alone'] / seconds:6.2f} ×")
    write(report, options.json)


if __name__ == "__main__":
    main()
