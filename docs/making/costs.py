"""What each option costs: its training step and parameters, beside those of the default.

    python docs/making/costs.py                       what is missing; all takes some minutes
    python docs/making/costs.py encoder kl=schulman   these groups and options, again

writes ``docs/mathematics/costs.json``, which the pages of the mathematics show. The model is the
default one, an mlp 64-400-20 in single precision on a batch of 128 digits, one thread. A round
times some steps of each option and of what it is compared with, one after the other, in seconds of
the processor; the ratio is the median over rounds of those of a round, so that neither other
programs nor a processor that becomes slower count.
"""

import functools
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy
import torch

import vae_exp
from vae_exp.configuration.option_facts import options

RESULTS = Path(__file__).parents[1] / "mathematics" / "costs.json"
GROUPS = ("encoder", "decoder", "prior", "kl", "objective", "network", "condition")
DEFAULTS = {
    *("encoder=gaussian", "decoder=gaussian", "prior=standard_normal", "kl=analytic"),
    *("objective=elbo", "network=mlp", "condition=none"),
}
BATCH = 128
ROUNDS = 7
SHARE = 0.04  # seconds of steps in a round, about

MC = ["kl=monte_carlo"]
BALL = ["encoder=wrapped_normal", "prior=wrapped_normal", *MC]
LAYERS = ["encoder=hierarchical", "prior=hierarchical", "encoder.latents=[20,10]", *MC]
TWO_LAYERS = ["encoder=two_layer", "prior=two_layer", "z_dim=30"]
TWO_LAYERS += ["encoder.lower_dim=20", "decoder.z_dim=20"]
BELIEF = ["encoder=sigmoid_belief", "prior=sigmoid_belief", "encoder.latents=[20,10]", *MC]
GRID = ["encoder=fsq", "prior=uniform_levels", "z_dim=4"]
BATCHES = ["data=batch_counts", "decoder=poisson"]
COLUMNS = 64  # of counts and tables, as many as pixels

# what else an option needs; a word that names its own group is the option itself
NEEDS = {
    "encoder=laplace": ["prior=laplace"],
    "encoder=student_t": MC,
    "encoder=flow": MC,
    "encoder=bernoulli": ["prior=uniform_bernoulli"],
    "encoder=categorical": ["prior=uniform_categorical"],
    "encoder=fsq": GRID,
    "encoder=von_mises_fisher": ["prior=uniform_sphere"],
    "encoder=power_spherical": ["prior=uniform_sphere"],
    "encoder=wrapped_normal": BALL,
    "encoder=two_layer": [*TWO_LAYERS, *MC],
    "encoder=hierarchical": LAYERS,
    "encoder=sigmoid_belief": BELIEF,
    "decoder=beta": ["data.dequantize=true"],
    "decoder=poisson": ["data=array"],
    "decoder=negative_binomial": ["data=array"],
    "decoder=zero_inflated_negative_binomial": ["data=array"],
    "decoder=mixed": ["data=table"],
    "prior=laplace": MC,
    "prior=mixture": MC,
    "prior=vampprior": MC,
    "prior=flow": MC,
    "prior=sigmoid_belief": BELIEF,
    "prior=conditional": ["condition=labels"],
    "prior=uniform_bernoulli": ["encoder=bernoulli"],
    "prior=bernoulli": ["encoder=bernoulli"],
    "prior=uniform_categorical": ["encoder=categorical"],
    "prior=categorical": ["encoder=categorical"],
    "prior=uniform_levels": GRID,
    "prior=uniform_sphere": ["encoder=von_mises_fisher"],
    "prior=wrapped_normal": BALL,
    "prior=two_layer": [*TWO_LAYERS, *MC],
    "prior=hierarchical": LAYERS,
    "kl=layerwise": LAYERS[:-1],
    "objective=iwae": MC,
    "objective=miwae": MC,
    "objective=piwae": MC,
    "objective=ciwae": MC,
    "objective=dreg": MC,
    "objective=renyi": MC,
    "network=geodesic": BALL,
    "network=gru": ["data=trajectories"],
    "network=tcn": ["data=trajectories"],
    "condition=columns": BATCHES,
    "condition=semi_supervised": ["data.labelled=100"],
}
# beside what it is measured, where that is not the default model
BESIDE = {
    "kl=layerwise": LAYERS,
    "network=geodesic": BALL,
    "network=gru": ["data=trajectories"],
    "network=tcn": ["data=trajectories"],
    "condition=columns": BATCHES,
}
KEY = {"geodesic": "network@decoder_network"}  # which is a network of the decoder alone


def words(name: str) -> list[str]:
    """The command line of the model with this option."""
    group, _, option = name.partition("=")
    needed = [word for word in NEEDS.get(name, []) if not word.startswith(f"{group}=")]
    return [f"{KEY.get(option, group)}={option}", *needed]


def own_file(line: list[str], folder: Path) -> list[str]:
    """What points data=array and data=table at a file with ``COLUMNS`` numbers a row."""
    random = numpy.random.default_rng(0)
    counts = random.poisson(3.0, (1500, COLUMNS))
    if "data=array" in line:
        numpy.save(folder / "counts.npy", counts)
        return [f"data.path={folder / 'counts.npy'}"]
    if "data=table" in line:  # real numbers, counts and yes/no, in turn
        rows = [",".join(f"c{i}" for i in range(COLUMNS))]
        for row in counts:
            cells = (c + random.normal() if i % 3 == 0 else c for i, c in enumerate(row))
            rows.append(",".join(str(c if i % 3 < 2 else c > 3) for i, c in enumerate(cells)))
        (folder / "table.csv").write_text("\n".join(rows))
        return [f"data.path={folder / 'table.csv'}"]
    return []


class Step:
    """A training step of the model of a command line, always on the same batch."""

    def __init__(self, line: list[str]):
        with tempfile.TemporaryDirectory() as folder:
            cfg = vae_exp.compose(*line, *own_file(line, Path(folder)), "threads=1", "device=cpu")
            experiment = vae_exp.build(cfg)
            self.x, self.c = experiment.data.at("train", slice(0, BATCH))
        self.vae = experiment.vae.train()
        self.parameters = sum(p.numel() for p in self.vae.parameters())
        self.run(3)
        self.count = max(1, round(SHARE / self.run(3)))

    def run(self, count: int) -> float:
        """Seconds of the processor for one of so many."""
        began = time.process_time()
        for _ in range(count):
            loss, _ = self.vae(self.x) if self.c is None else self.vae(self.x, self.c)
            self.vae.optimizer.zero_grad()
            loss.backward()
            self.vae.optimizer.step()
        return (time.process_time() - began) / count


@functools.cache
def rival(*line: str) -> Step:
    """What an option is measured beside."""
    return Step(list(line))


def measure(name: str) -> dict[str, Any]:
    """What ``costs.json`` has of it."""
    if name in DEFAULTS:
        return {"default": True}
    step, other = Step(words(name)), rival(*BESIDE.get(name, []))
    rounds = [step.run(step.count) / other.run(other.count) for _ in range(ROUNDS)]
    return {
        "words": words(name),
        "beside": BESIDE.get(name, []),
        "step": float(f"{statistics.median(rounds):.2g}"),
        "parameters": float(f"{step.parameters / other.parameters:.2g}"),
    }


def main() -> None:
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for group in GROUPS:
        for option in options(group):
            name = f"{group}={option}"
            asked = {group, name} & set(sys.argv[1:])
            if not asked and (sys.argv[1:] or name in done):
                continue
            done[name] = measure(name)
            print(name, done[name], flush=True)
            ordered = {name: done[name] for name in sorted(done)}
            RESULTS.write_text(json.dumps(ordered, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
