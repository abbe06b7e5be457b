"""The device of a run, and its CPU threads."""

import os
import re

import torch

from vae_exp.distributed.process_group import world_size
from vae_exp.runtime.threads import check_threads, choose_threads

MOST_THREADS = 1024  # OpenMP starts as many as it is told, and crashes where the system has no more


def find_device(name: str) -> torch.device:
    """The device of that name; ``auto`` takes CUDA, else MPS, else the CPU.

    Raises:
        ValueError: no such name, or no such device here.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return local_device(next((kind for kind, here in there.items() if here), "cpu"))
    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", str(name)):
        raise ValueError(f"device: expected auto, cpu, cuda, cuda:1 or mps, got {name!r}")
    if ":" in name and world_size() > 1:
        raise ValueError(f"device: expected cuda, of which each process has one, got {name}")
    device = local_device(name) if ":" not in name else torch.device(name)
    missing = not there.get(device.type, True)
    if missing or (device.index or 0) >= max(1, torch.cuda.device_count()):
        raise ValueError(f"device: expected a device of this machine, got {name}")
    return device


def local_device(kind: str) -> torch.device:
    """The device of that kind which is this process's own: each has one of the machine's GPUs."""
    if kind == "cuda" and world_size() > 1:
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
        return device
    return torch.device(kind)


def set_threads(threads: int | str) -> None:
    """Have torch use that many threads; ``auto``: as many of torch's own as pay.

    Raises:
        ValueError: neither that nor a whole number from 1 to 1024.
    """
    if threads == "auto":
        choose_threads()
        return
    if type(threads) is not int or not 1 <= threads <= MOST_THREADS:
        raise ValueError(
            f"threads: expected auto or a number from 1 to {MOST_THREADS}, got {threads!r}"
        )
    torch.set_num_threads(threads)
    check_threads()
