"""The batches of a split, shared among the processes of a run."""

from collections.abc import Iterator

import torch
from torch import Tensor

from vae_exp import parallel
from vae_exp.data import Data


def own_batches(data: Data, split: str, batch_size: int) -> Iterator[tuple[slice, Tensor]]:
    """This process's share of the batches, each with where it lies in the split.

    Each begins a stream of noise of its own, so that it does not matter who draws it.
    """
    for start in range(0, data.size(split), batch_size)[parallel.rank() :: parallel.size()]:
        torch.manual_seed(start)
        place = slice(start, start + batch_size)
        yield place, data.batch(split, place)
