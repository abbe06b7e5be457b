"""Data parallelism: each process has a copy of the model and a shard of every batch."""

from collections.abc import Iterator

import numpy
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from vae_exp.data import Data
from vae_exp.distributed.process_group import rank, world_size


def replicate(model: nn.Module) -> nn.Module:
    """The model, whose gradients will be the averages over the processes."""
    if world_size() == 1:
        return model
    return DistributedDataParallel(model, gradient_as_bucket_view=True)


def shard(index: Tensor) -> tuple[Tensor, int]:
    """This process's part of a batch, of the indices (B,), and its size.

    Where a batch has fewer data than there are processes, a part of size 0 is one datum, to be
    weighted by 0.
    """
    if world_size() == 1:
        return index, len(index)
    own = index[rank() :: world_size()]
    return (own, len(own)) if len(own) else (index[:1], 0)


def scale_loss(loss: Tensor, count: int, of: int) -> Tensor:
    """The loss of a shard, such that the average over the processes is that of the whole batch.

    Args:
        count: the size of the shard.
        of: the size of the batch.
    """
    return loss if world_size() == 1 else loss * (world_size() * count / of)


def seed_rank(seed: int, step: int) -> None:
    """Begin the stream of random numbers of this step and process."""
    if world_size() > 1:
        (state,) = numpy.random.SeedSequence([seed, step, rank()]).generate_state(1, numpy.uint64)
        torch.manual_seed(int(state))


def shard_batches(
    data: Data, split: str, batch_size: int, size: int | None = None
) -> Iterator[tuple[slice, Tensor, Tensor | None]]:
    """This process's share of the batches (x, c) of a split, each behind its place in the split.

    Args:
        size: of its first so many data, or of all.

    Each begins a stream of noise of its own, so that it does not matter who draws it.
    """
    size = data.size(split) if size is None else size
    for start in range(0, size, batch_size)[rank() :: world_size()]:
        torch.manual_seed(start)
        place = slice(start, min(start + batch_size, size))
        yield place, *data.at(split, place)
