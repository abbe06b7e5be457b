"""What a training step takes with each option, beside one with the defaults.

    PYTHONPATH=. python docs/making/costs.py

On 8×8 digits, or data of about that size where an option wants others, batch 128, one thread. The
time is the processor's, of the fastest step, for other programs can only make a step slower; the
default's is measured again beside each option.
"""

import json
import sys
import time
from pathlib import Path

import torch

import vae_exp
from tests.conftest import beside, options

GROUPS = ("encoder", "decoder", "prior", "kl", "objective", "condition", "network")
COSTS = Path(__file__).with_name("costs.json")
WARM, STEPS = 5, 60
BATCH = 128


class Steps:
    """Training steps of the model that these words choose."""

    def __init__(self, *words: str):
        experiment = vae_exp.build(vae_exp.compose(*words, "threads=1"))
        self.vae = experiment.vae.train()
        self.x, self.c = experiment.data.at("train", slice(0, BATCH))
        self.fastest = float("inf")

    def take(self, count: int, counts: bool = True) -> None:
        for _ in range(count):
            began = time.process_time()
            loss, _info = self.vae(self.x, self.c)
            self.vae.optimizer.zero_grad()
            loss.backward()
            self.vae.optimizer.step()
            if counts:
                self.fastest = min(self.fastest, time.process_time() - began)


def ratio(group: str, option: str) -> float:
    """How many times as long as a step with the defaults."""
    default, chosen = Steps(), Steps(f"{group}={option}", *beside(group, option))
    for steps in (default, chosen):
        steps.take(WARM, counts=False)
    for _ in range(STEPS // 5):  # by turns, so that both meet the same neighbours
        default.take(5)
        chosen.take(5)
    return round(chosen.fastest / default.fastest, 1)


def main() -> None:
    torch.set_num_threads(1)
    costs = json.loads(COSTS.read_text()) if COSTS.exists() else {}
    for group in sys.argv[1:] or GROUPS:
        costs[group] = {option: ratio(group, option) for option in options(group)}
        print(group, costs[group], flush=True)
        COSTS.write_text(json.dumps(costs, indent=1) + "\n")


if __name__ == "__main__":
    main()
