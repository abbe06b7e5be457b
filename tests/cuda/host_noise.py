"""Noise of the CPU's generator on any device, so that two devices can be compared."""

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

HOST = torch.device("cpu")


class HostNoise(TorchDispatchMode):
    """Inside, every random operation is carried out by the CPU, and its result is sent back."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded not in func.tags or "rnn" in func.name():
            return func(*args, **kwargs)
        tensors = [a for a in args if isinstance(a, Tensor)]
        device = tensors[0].device if tensors else torch.device(kwargs.get("device") or HOST)
        on_host = tree_map(self._to_host, args), tree_map(self._to_host, kwargs)
        drawn = func(*on_host[0], **on_host[1])
        if func._schema.is_mutable:
            return args[0].copy_(drawn)
        return tree_map(lambda a: a.to(device) if isinstance(a, Tensor) else a, drawn)

    @staticmethod
    def _to_host(value):
        if isinstance(value, torch.device):
            return HOST
        return value.to(HOST) if isinstance(value, Tensor) else value
