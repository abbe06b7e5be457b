"""A process that trains one system, an epoch for each line it reads.

    python -m bench.worker <system> <case> <file> [what the system takes besides]

Prints a line of JSON when it is ready, then one for each epoch: ``seconds``, ``loss``, and
``device_megabytes``, the peak of what CUDA tensors took.
"""

import importlib
import json
import sys
from pathlib import Path
from time import perf_counter

import torch

from bench.case import CASES


def main() -> None:
    system, case, file, *overrides = sys.argv[1:]
    torch.manual_seed(0)
    module = importlib.import_module(f"bench.systems.{system}")
    epochs = module.epochs(CASES[case], Path(file), *overrides)
    next(epochs)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        started = perf_counter()
        loss = next(epochs)
        seconds = perf_counter() - started
        next(epochs)
        found = {"seconds": seconds, "loss": loss, "device_megabytes": peak()}
        print(json.dumps(found), flush=True)


def peak() -> float:
    return torch.cuda.max_memory_allocated() / 1e6 if torch.cuda.is_available() else 0.0


if __name__ == "__main__":
    main()
