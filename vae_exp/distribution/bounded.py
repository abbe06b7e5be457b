"""Parameters within bounds, that can come back from them."""

from typing import Any

import torch
from torch import Tensor


class Bounded(torch.autograd.Function):
    """min(max(raw, low), high), with a gradient for all of raw that it can follow.

    That of ``clamp`` is 0 outside, so that what has left the bounds, by one step or by momentum,
    stays there for good. This one is that of raw itself, but where raw is outside and a descent
    would take it further: no value is lost, and none wanders off, from where it would be long in
    coming back. It is the method of projected gradients, with the projection in the forward pass.
    """

    @staticmethod
    def forward(ctx: Any, raw: Tensor, low: Tensor, high: Tensor) -> Tensor:
        ctx.save_for_backward(raw, low, high)
        return raw.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        raw, low, high = ctx.saved_tensors
        leaves = ((raw < low) & (gradient > 0)) | ((raw > high) & (gradient < 0))
        return gradient.masked_fill(leaves, 0.0), None, None
