"""Optimizers of torch without torch.compile, which an eager program has no use for.

torch's optimizers import ``torch._dynamo`` when they are built and at each step, to tell a compiler
where not to look: half as much again as the import of torch itself, and some of each step.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import _use_grad_for_differentiable


def keep_compiler_away() -> None:
    """Have torch's optimizers turn to the compiler only where they are being compiled.

    What is done is the same. Whatever of torch is wrapped otherwise, as in another version, is left
    as it is.
    """
    for kind in [Optimizer, *vars(torch.optim).values()]:
        if isinstance(kind, type) and issubclass(kind, Optimizer):
            for name, method in list(vars(kind).items()):
                if _made_by(torch._disable_dynamo, method):
                    setattr(kind, name, _eager(method))
                elif _made_by(_use_grad_for_differentiable, method):
                    setattr(kind, name, _eager_step(method))


def _made_by(decorator: Callable, method: Any) -> bool:
    """Whether the decorator made it: what a decorator makes has the same code each time."""
    return getattr(method, "__code__", None) is decorator(_nothing).__code__


def _nothing() -> None:
    pass


def _eager(method: Callable) -> Callable:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        compiling = torch.compiler.is_compiling()
        return (method if compiling else method.__wrapped__)(*args, **kwargs)

    return call


def _eager_step(step: Callable) -> Callable:
    @functools.wraps(step)
    def call(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return step(self, *args, **kwargs)
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step.__wrapped__(self, *args, **kwargs)

    return call
