"""Distributions whose parameters are constants: the gradient then reaches samples alone."""

import copy
from typing import Any

from torch import Tensor
from torch.distributions import Distribution, Transform


def detach(distribution: Distribution) -> Distribution:
    """The same distribution, with a gradient of ``log_prob(z)`` in z but not in its parameters.

    One that holds modules, not only tensors, has a method ``detach`` of its own.
    """
    if hasattr(distribution, "detach"):
        return distribution.detach()
    return _without_gradient(distribution)


def _without_gradient(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, list):
        return [_without_gradient(item) for item in value]
    if not isinstance(value, Distribution | Transform):
        return value
    if hasattr(value, "detach"):
        return value.detach()
    other = copy.copy(value)
    vars(other).update({name: _without_gradient(held) for name, held in vars(value).items()})
    return other
