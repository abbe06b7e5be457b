"""The group of processes that train together."""

import time
from datetime import timedelta

import torch.distributed as dist

from vae_exp.distributed.environment import launched_processes

# for what one process does alone, such as downloading a data set or decoding a million images;
# that one has ended is known at once by the closed connection, or from torchrun
PATIENCE = timedelta(days=1)


def init_process_group() -> None:
    """Join the other processes, if torchrun has started some."""
    if launched_processes() > 1:
        # Its functions have the default group for a default argument: imported later, as by the
        # first optimizer, they would keep the group, and its threads, beyond its destruction.
        import torch.distributed.nn

        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, timeout=PATIENCE)


def destroy_process_group() -> None:
    """Leave the others: the group and its threads end here."""
    if dist.is_initialized():
        # A thread of gloo's needs the GIL to drop what it has just sent, and none can be asked
        # whether it has. Some versions of torch (2.6) hold the GIL while the group waits for its
        # threads: for ever, if one has not; and a process that ends before it has is aborted.
        time.sleep(1)
        dist.destroy_process_group()


def world_size() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """The number of this one; rank 0 is the one that writes."""
    return dist.get_rank() if dist.is_initialized() else 0
