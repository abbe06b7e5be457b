"""A module whose parameters are constants."""

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.func import functional_call


def frozen(module: nn.Module) -> Callable[..., Any]:
    """The function that ``module`` computes, with a gradient in its arguments alone."""
    constants = {name: parameter.detach() for name, parameter in module.named_parameters()}
    return lambda *arguments: functional_call(module, constants, arguments)
