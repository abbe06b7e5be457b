"""What processes tell each other: every one of them calls these, at the same point."""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from vae_exp.distributed.process_group import world_size


def broadcast(value: Tensor) -> Tensor:
    """The tensor that rank 0 has."""
    if world_size() > 1:
        dist.broadcast(value, 0)
    return value


def broadcast_object(value: Any = None) -> Any:
    """The value that rank 0 has; what the others give is ignored."""
    if world_size() == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values)
    return values[0]


def all_reduce(value: Tensor) -> Tensor:
    """The sum over the processes."""
    if world_size() > 1:
        value = value.clone()
        dist.all_reduce(value)
    return value


def all_gather_object(value: Any) -> list[Any]:
    """What each of the processes has, by rank."""
    values = [value] * world_size()
    if world_size() > 1:
        dist.all_gather_object(values, value)
    return values


def any_process(stop: Callable[[], bool], synchronize: bool) -> bool:
    """Whether to stop: if one of the processes is to, all do, at a point that is common to all.

    Args:
        synchronize: whether this is such a point; agreeing makes the devices wait.
    """
    if world_size() == 1:
        return stop()
    return synchronize and bool(all_reduce(torch.tensor(float(stop()))))
