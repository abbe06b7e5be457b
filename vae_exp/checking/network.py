"""A network: shapes for any batch, gradients, and what all modules keep."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vae_exp.checking.conditions import seeing
from vae_exp.checking.difference_quotient import compare_gradient
from vae_exp.checking.gradients import learned
from vae_exp.checking.keeping import pickled, restored
from vae_exp.checking.subject import stir
from vae_exp.checking.verdict import Check, Wrong
from vae_exp.checking.waiting import never_waits
from vae_exp.runtime.rng import isolate_rng

BATCHES = [(), (4,), (2, 3)]
Shapes = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass
class Function:
    """A network that can be built again, for the shapes that it takes.

    Args:
        build: ``build(in_shape, out_shape)`` is the network.
        shapes: those that it takes, in and out.
    """

    build: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module]
    shapes: list[Shapes]

    def part(self, shapes: Shapes, dtype: torch.dtype = torch.float64, seed: int = 0) -> nn.Module:
        with isolate_rng(torch.device("cpu"), seed):
            part = self.build(*shapes)
            stir(part)
        return part.to(dtype).eval()

    def inputs(self, part: nn.Module, shapes: Shapes, *batch: int, dtype=torch.float64) -> Tensor:
        x = torch.randn(*batch, *shapes[0], dtype=dtype)
        inside = any(hasattr(module, "domain") for module in part.modules())
        if not inside:
            return x
        size = x.flatten(len(batch)).norm(dim=-1).view(*batch, *[1] * len(shapes[0]))
        return 0.5 * x / (1 + size)


def each(check: Callable[[Function, Shapes], str]) -> Check:
    """The check for all shapes that the network takes."""

    def of_all(subject: Function) -> str:
        told = [check(subject, shapes) for shapes in subject.shapes]
        return "; ".join(dict.fromkeys(told))

    return of_all


def check_shapes(subject: Function, shapes: Shapes) -> str:
    """(*, in_shape) to (*, out_shape), whatever * is; each datum as it is alone."""
    part = subject.part(shapes)
    for batch in BATCHES:
        came = tuple(part(subject.inputs(part, shapes, *batch)).shape)
        if came != (*batch, *shapes[1]):
            raise Wrong(
                f"expected {(*batch, *shapes[1])} from {(*batch, *shapes[0])}, got {came}; leading "
                "dimensions stay as they are, of which there may be none, or several"
            )
    x = subject.inputs(part, shapes, 2, 3)
    if not torch.allclose(part(x)[1, 2], part(x[1, 2]), rtol=1e-8, atol=1e-8):
        raise Wrong(
            "expected the output of a datum to be the same in a batch as alone (in evaluation "
            "mode), got another; do data get into one another?"
        )
    return f"{shapes[0]} to {shapes[1]}"


def check_gradients(subject: Function, shapes: Shapes) -> str:
    """By the input and each parameter: the difference quotient, and not 0."""
    part = subject.part(shapes)
    x = subject.inputs(part, shapes, 4)
    weight = torch.randn(4, *shapes[1], dtype=torch.float64)
    leaves = {"the input": x} | {f"parameter {name}": p for name, p in learned(part)}
    compare_gradient(lambda: (part(x) * weight).sum(), leaves, "the output")
    many = subject.inputs(part, shapes, 16).requires_grad_()
    gradients = torch.autograd.grad(
        part(many).square().sum(), [many, *(p for _, p in learned(part))], allow_unused=True
    )
    for name, gradient in zip(leaves, gradients):
        if gradient is None or not gradient.any() or not gradient.isfinite().all():
            raise Wrong(
                f"expected a gradient by {name}, got none, or NaN; is it used, or detached?"
            )
    return f"come to all of {len(learned(part))} parameters and the input"


def check_precision(subject: Function, shapes: Shapes) -> str:
    """In float32 all is float32, and as in float64 but for rounding."""
    single, double = subject.part(shapes, torch.float32), subject.part(shapes)
    x = subject.inputs(double, shapes, 5)
    y, exact = single(x.float()), double(x)
    for found, dtype in ((y, torch.float32), (exact, torch.float64)):
        if found.dtype != dtype:
            raise Wrong(
                f"expected outputs in {dtype} of inputs and parameters in {dtype}, got "
                f"{found.dtype}; is a tensor of that type made in it?"
            )
    gap = (y.double() - exact).abs().max().item()
    if not gap < 1e-3 * (1 + exact.abs().max().item()):
        raise Wrong(f"expected float32 to be as float64, got {gap:.3g} between them")
    return f"within {gap:.0e} of float64"


def check_condition(subject: Function, shapes: Shapes) -> str:
    """With a condition beside its input, as parts of conditional models have it."""
    with isolate_rng(torch.device("cpu")):
        part = seeing(subject.build)(*shapes).double().eval()
    x = subject.inputs(part, shapes, 4)
    c = torch.eye(4, 3, dtype=torch.float64)
    y = part(x, c)
    if tuple(y.shape) != (4, *shapes[1]):
        raise Wrong(f"expected {(4, *shapes[1])} with a condition beside x, got {tuple(y.shape)}")
    if torch.equal(y, part(x, c.roll(1, 0))):
        raise Wrong("expected another output with another condition, got the same")
    return "takes one beside its input"


def check_waiting(subject: Function, shapes: Shapes) -> str:
    """A training step asks for no number of the device."""
    part = subject.part(shapes, torch.float32)
    x = subject.inputs(part, shapes, 4, dtype=torch.float32)
    return never_waits(lambda part, x: part(x).square().sum(), part.train(), [x])


def check_state(subject: Function, shapes: Shapes) -> str:
    """It can be pickled, and another one with its state_dict is this one."""
    part, other = subject.part(shapes), subject.part(shapes, seed=1)
    x = subject.inputs(part, shapes, 3)
    pickled(part, lambda one: one(x))
    restored(part, other, [], lambda one: one(x))
    return "can be pickled, and restored"


def check_takes(subject: Function) -> str:
    """Data to latents, and latents to data."""
    kinds = {len(shape) for shapes in subject.shapes for shape in shapes}
    named = {1: "vectors", 2: "sequences", 3: "images"}
    return ", ".join(named[kind] for kind in sorted(kinds) if kind in named)


CHECKS: dict[str, Check] = {
    "takes": check_takes,
    "shapes": each(check_shapes),
    "gradients": each(check_gradients),
    "precision": each(check_precision),
    "condition": each(check_condition),
    "waiting": each(check_waiting),
    "state_dict": each(check_state),
}
