"""One training in several processes, which torchrun starts: each has a part of every batch.

The gradients of the parts are averaged, weighted by size, so a step is the one that a single
process would take on the whole batch. The noise of a step is drawn by each process from a stream of
its own, seeded by (seed, step, rank); the order of the data and all decisions are common.

Each function does nothing in a process by itself, which has rank 0 of 1.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


def join() -> None:
    """Meet the other processes, if torchrun has started some."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        # Its functions have the default group for a default argument: imported later, as by the
        # first optimizer, they would keep the group, and its threads, beyond ``leave``.
        import torch.distributed.nn

        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")


def leave() -> None:
    """Part from them: the group and its threads end here."""
    if dist.is_initialized():
        # A thread of gloo's needs the GIL to drop what it has just sent, and none can be asked
        # whether it has. Some versions of torch (2.6) hold the GIL while the group waits for its
        # threads: for ever, if one has not; and a process that ends before it has is aborted.
        time.sleep(1)
        dist.destroy_process_group()


def size() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """The number of this one; 0 is the one that writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def own_device(kind: str) -> torch.device:
    """The device of that kind which is this process's own: each has one of the machine's GPUs."""
    if kind == "cuda" and size() > 1:
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
        return device
    return torch.device(kind)


def tell(value: Any) -> None:
    """Send a value from rank 0 to the others, which ``hear`` it."""
    if size() > 1:
        dist.broadcast_object_list([value])


def hear() -> Any:
    """What rank 0 tells."""
    values = [None]
    dist.broadcast_object_list(values)
    return values[0]


def replicated(model: nn.Module) -> nn.Module:
    """The model, whose gradients will be the averages over the processes."""
    if size() == 1:
        return model
    return DistributedDataParallel(model, gradient_as_bucket_view=True)


def part(index: Tensor) -> tuple[Tensor, int]:
    """This process's part of a batch, of the indices (B,), and its size.

    Where a batch has fewer data than there are processes, a part of size 0 is one datum, to be
    weighted by 0.
    """
    if size() == 1:
        return index, len(index)
    own = index[rank() :: size()]
    return (own, len(own)) if len(own) else (index[:1], 0)


def weighted(loss: Tensor, count: int, of: int) -> Tensor:
    """The loss of a part, such that the average over the processes is that of the whole batch."""
    return loss if size() == 1 else loss * (size() * count / of)


def own_noise(seed: int, step: int) -> None:
    """Begin the stream of this step and process."""
    if size() > 1:
        (state,) = numpy.random.SeedSequence([seed, step, rank()]).generate_state(1, numpy.uint64)
        torch.manual_seed(int(state))


def summed(value: Tensor) -> Tensor:
    """The sum over the processes."""
    if size() > 1:
        value = value.clone()
        dist.all_reduce(value)
    return value


def gathered(value: Any) -> list[Any]:
    """What each of the processes has."""
    values = [value] * size()
    if size() > 1:
        dist.all_gather_object(values, value)
    return values


def common(value: Tensor) -> Tensor:
    """The value that rank 0 has."""
    if size() > 1:
        dist.broadcast(value, 0)
    return value


def asked(stop: Callable[[], bool], together: bool) -> bool:
    """Whether to stop: if one of the processes is to, all do, at a moment that is common to all.

    Args:
        together: whether this is one, for such an agreement makes the devices wait.
    """
    if size() == 1:
        return stop()
    return together and bool(summed(torch.tensor(float(stop()))))
