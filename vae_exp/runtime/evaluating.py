"""Evaluation mode, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Without dropout or a batch's own averages; afterwards it is in the mode it was in before."""
    training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(training)
