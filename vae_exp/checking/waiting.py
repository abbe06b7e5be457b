"""Waiting: that no step asks the device for a number, or waits for a copy from the host."""

import traceback
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import TORCH, Skipped, Wrong, place

META = torch.device("meta")  # whoever asks it for a number gets an error
aten = torch.ops.aten
# of which the host has to know a number before it can go on
ASKS = {
    aten._local_scalar_dense.default: ".item(), bool(), float() or if of a tensor",
    aten.is_nonzero.default: "bool() or if of a tensor",
    aten.equal.default: "torch.equal",
    aten.nonzero.default: "nonzero, or an index of true and false",
    aten.masked_select.default: "masked_select",
    aten._unique2.default: "unique",
}

# what stands for a distribution of torch that always has the host look
OURS = {"StudentT": "use vae_exp.distribution.student_t.StudentT, which does"}
INDEXED = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default)


class Watch(TorchDispatchMode):
    """Sees every operation of a step."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, and to be passed over by torch.compile takes seconds."""
        return False


class Asks(Watch):
    """An error where the host asks for a number of a tensor."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        asks = ASKS.get(func)
        if func in INDEXED and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        ):
            asks = "an index of true and false"
        if asks is not None:
            frames = traceback.walk_stack(None)
            stack = traceback.StackSummary.extract(frames, lookup_lines=False)
            where = place(stack[::-1])
            raise Wrong(
                f"expected a step that never waits for the device, got {asks}{where}; {_instead()}"
            )
        return func(*args, **(kwargs or {}))


def _instead() -> str:
    """What to do about whoever asks just now."""
    frames = [frame for frame, _ in traceback.walk_stack(None)]  # the innermost comes first
    built = [
        frame
        for frame in frames
        if frame.f_code.co_name == "__init__"
        and Path(frame.f_code.co_filename).parent == TORCH / "distributions"
    ]
    told = bool(built) and built[-1].f_locals.get("validate_args") is False
    if told and built[0].f_locals["self"] is not built[-1].f_locals["self"]:
        outer = built[-1].f_code.co_qualname.partition(".")[0]
        inner = type(built[0].f_locals["self"]).__name__
        ours = OURS.get(outer, f"a subclass that builds its {inner} with validate_args=False does")
        return (
            f"torch's {outer} got validate_args=False and builds a {inner} without passing it on: "
            f"{ours}"
        )
    return (
        "use torch.where, clamp or masked_fill; torch's own distributions look at their arguments "
        "unless they get validate_args=False"
    )


class FromHost(Watch):
    """An error where a device has to wait for a copy from the host, once it is ``watching``."""

    watching = False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        copies = func is aten._to_copy.default and args[0].device.type == "cpu"
        waits = copies and kwargs.get("device") == META and not kwargs.get("non_blocking")
        if self.watching and waits:
            raise RuntimeError(f"a copy of {tuple(args[0].shape)} to the device in a step")
        return func(*args, **kwargs)


def check_waiting(subject: Subject) -> str:
    """What a training step does with the part, on the CPU and on a device without numbers."""

    def step(part: nn.Module, inside: Tensor, *seen: Tensor) -> Tensor:
        p = subject.of(part, *seen)
        drawn = subject.role == "encoder" and p.has_rsample
        return p.log_prob(p.rsample((2,)) if drawn else inside).sum()

    part, given = subject.with_given(torch.float32)
    batch = (3,) if subject.batch_shape(3) else ()
    seen = subject.sees(part, *batch, dtype=torch.float32)
    inside = subject.of(part, *seen).sample(() if batch else (3,))
    if getattr(part, "rejects", False):
        raise Skipped("draws are rejected, and how many are left is for the host to know")
    return never_waits(step, part, [inside, *seen], given)


def never_waits(
    step: Callable[..., Tensor], part: nn.Module, seen: list[Tensor], given: list[nn.Module] = ()
) -> str:
    """``step(part, *seen)`` and its gradient ask for no number.

    Raises:
        Wrong: they do, with the line.
    """
    with Asks():
        total = step(part, *seen)
        if total.requires_grad:
            total.backward()
    from_host = FromHost()
    for module in (part, *given):
        module.to(META)
    try:
        with from_host:
            moved = [t.detach().to(META).requires_grad_(t.requires_grad) for t in seen]
            from_host.watching = True
            total = step(part, *moved)
            if total.requires_grad:
                total.backward()
    except NotImplementedError as error:
        if "aten::" in str(error):  # an operation that torch has no shapes of
            return "never asks for a number of the device"
        raise _waits(error) from error
    except (RuntimeError, TypeError, ValueError) as error:
        raise _waits(error) from error
    return "never asks for a number of the device, nor copies one there"


def _waits(error: Exception) -> Wrong:
    where = place(traceback.extract_tb(error.__traceback__))
    message = " ".join(str(error).split())[:160]
    return Wrong(
        f"expected a step on any device without a copy to or from it, got {message}{where}; is a "
        "tensor made on the CPU (torch.tensor, zeros without device=), kept in a plain attribute, "
        "or read with .numpy(), .tolist()?"
    )
