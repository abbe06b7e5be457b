"""What a network needs in memory while it runs, seen without running it.

Weights of kilobytes can ask for terabytes in between: a convolution has its kernel once, and what
it makes of a large image for every pixel and channel.
"""

import math
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from vae_exp.network import Network
from vae_exp.runtime.evaluating import evaluating
from vae_exp.runtime.memory import physical_memory

GIGABYTE = 2**30


def forward_bytes(parts: Iterable[nn.Module]) -> int:
    """What the most demanding network in these modules needs for one datum, besides weights.

    That is the most that a layer takes and gives; shapes alone go through it, on the meta device.
    Where they cannot, what was seen until then counts.
    """
    networks = {m for part in parts for m in part.modules() if isinstance(m, Network)}
    return max(map(_forward_bytes, networks), default=0)


def check_room(parts: Iterable[nn.Module], at_once: int = 1) -> None:
    """See that there is memory to run the networks of these modules.

    Args:
        at_once: how many data, or samples of z, go through them together.

    Raises:
        ValueError: there is not.
    """
    needed, memory = at_once * forward_bytes(parts), physical_memory()
    if needed > memory:
        way = " (evaluation.max_elements and trainer.batch_size say so)" if at_once > 1 else ""
        raise ValueError(
            f"network: expected one whose layers need at most {memory / GIGABYTE:.0f} GB, as much "
            f"as there is, got one that needs {needed / GIGABYTE:.0f} GB for {at_once} at once{way}"
        )


@torch.no_grad()
def _forward_bytes(network: Network) -> int:
    itself = 4 * (math.prod(network.in_shape) + math.prod(network.out_shape))
    sizes = [itself]

    def count(layer: nn.Module, given: Any, made: Any) -> None:
        sizes.append(sum(map(_size, (given, made))))

    def count_steps(layer: nn.RNNBase, given: Any) -> None:
        """Going through it, step by step, could take for ever."""
        steps = given[0].numel() // layer.input_size
        sizes.append(4 * steps * layer.hidden_size * (1 + layer.bidirectional))
        raise StopIteration

    tensors = [*network.named_parameters(), *network.named_buffers()]
    drawn_up = {name: tensor.to("meta") for name, tensor in tensors}
    with ExitStack() as hooks:
        for layer in network.modules():
            hooks.callback(layer.register_forward_hook(count).remove)
            if isinstance(layer, nn.RNNBase):
                hooks.callback(layer.register_forward_pre_hook(count_steps).remove)
        with evaluating(network), suppress(Exception):
            x = torch.empty(1, *network.in_shape, device="meta")
            functional_call(network, drawn_up, (x,))
    return max(sizes)


def _size(values: Any) -> int:
    """Bytes of the tensors among them."""
    if isinstance(values, Tensor):
        return values.numel() * values.element_size()
    return sum(map(_size, values)) if isinstance(values, tuple | list) else 0
