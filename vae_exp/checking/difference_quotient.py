"""The gradient of a scalar beside its difference quotient."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction

from vae_exp.checking.verdict import Wrong

STEP = 1e-5
DIRECTIONS = 2
TOLERANCE = 1e-4  # of the size of both


def compare_gradient(value: Callable[[], Tensor], leaves: dict[str, Tensor], of: str) -> None:
    """Compare the gradient of a scalar with difference quotients, along random directions.

    Raises:
        Wrong: it is another, or there is none.
    """
    for leaf in leaves.values():
        leaf.requires_grad_(True)
    total = value()
    if not total.requires_grad:
        raise Wrong(
            f"expected {of} to have a gradient, got a constant; is it detached, or in no_grad?"
        )
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    gradients = [torch.zeros_like(v) if g is None else g for v, g in zip(leaves.values(), found)]
    if _agree(value, list(leaves.values()), gradients, 1 + abs(total.item()))[0]:
        return
    for (name, leaf), gradient in zip(leaves.items(), gradients):
        same, slope, quotient = _agree(value, [leaf], [gradient], 1 + abs(total.item()))
        if not same:
            raise Wrong(
                f"expected the gradient of {of} by {name} to be its difference quotient "
                f"{quotient:.6g}, got {slope:.6g}; {_cause(total, slope)}"
            )


def _cause(total: Tensor, slope: float) -> str:
    """torch's own backward passes are right: what is missing of a gradient was detached."""
    if slope == 0:
        return "is it detached on its way?"
    by_hand = {type(node).__name__ for node in _graph(total) if isinstance(node, BackwardCFunction)}
    if by_hand:
        names = ", ".join(sorted(name.removesuffix("Backward") for name in by_hand))
        return f"is the backward pass of {names} wrong, or a term detached on its way?"
    return "is a term of it detached on its way (detach, no_grad, .data, .item())?"


def _graph(total: Tensor) -> set[Any]:
    """All steps that the gradient goes back through."""
    seen: set[Any] = set()
    ahead = [total.grad_fn]
    while ahead:
        node = ahead.pop()
        if node is not None and node not in seen:
            seen.add(node)
            ahead.extend(before for before, _ in node.next_functions)
    return seen


def _agree(
    value: Callable[[], Tensor], leaves: list[Tensor], gradients: list[Tensor], size: float
) -> tuple[bool, float, float]:
    """Whether slope and quotient are one along random directions, of which each leaf has a part."""
    slope = quotient = 0.0
    for _ in range(DIRECTIONS):
        directions = [torch.randn_like(leaf) for leaf in leaves]
        directions = [d / d.norm().clamp(min=1e-12) for d in directions]
        parts = [(g * d).sum().item() for g, d in zip(gradients, directions)]
        slope = sum(parts)
        quotient = difference_quotient(value, leaves, directions)
        close = TOLERANCE * max(abs(slope), abs(quotient), 1e-2 * size)
        if abs(slope - quotient) < close:
            continue
        # kinks and jumps of a piecewise function: a much smaller step stays on a piece
        quotient = difference_quotient(value, leaves, directions, STEP / 50)
        if not abs(slope - quotient) < 20 * close:
            return False, slope, quotient
    return True, slope, quotient


@torch.no_grad()
def difference_quotient(
    value: Callable[[], Tensor],
    leaves: list[Tensor],
    directions: list[Tensor],
    step: float = STEP,
) -> float:
    """Along a direction, central."""
    ends, start = [], [leaf.clone() for leaf in leaves]
    for sign in (1, -1):
        for leaf, at, direction in zip(leaves, start, directions):
            leaf.copy_(at + sign * step * direction)
        ends.append(value().item())
    for leaf, at in zip(leaves, start):
        leaf.copy_(at)
    return (ends[0] - ends[1]) / (2 * step)
