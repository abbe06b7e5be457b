"""Keeping: that a part can be pickled, and that its state_dict has all that it learns."""

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from vae_exp.checking.subject import Subject
from vae_exp.checking.verdict import Wrong


def check_pickle(subject: Subject) -> str:
    """A copy by pickle gives the same densities."""
    batch = (3,) if subject.batch_shape(3) else ()
    part = subject.part()
    seen = subject.sees(part, *batch)
    x = subject.of(part, *seen).sample(() if batch else (3,))
    pickled(part, lambda copy: subject.of(copy, *seen).log_prob(x))
    return "the copy is the same"


def pickled(part: nn.Module, result: Callable[[nn.Module], Tensor]) -> None:
    """Raises Wrong unless a pickled part gives the same result."""
    try:
        copy = pickle.loads(pickle.dumps(part))
    except Exception as error:
        raise Wrong(
            f"expected a part that can be pickled, for sweeps and whole-model files, got "
            f"{type(error).__name__}: {' '.join(str(error).split())[:160]}; is a lambda, a local "
            "class or a generator among its attributes? use a method"
        ) from error
    if not torch.equal(result(copy), result(part)):
        raise Wrong("expected the same numbers of a pickled copy, got others")


def check_state(subject: Subject) -> str:
    """Another part with this one's state_dict is this one."""
    batch = (3,) if subject.batch_shape(3) else ()
    part, given = subject.with_given()
    other, other_given = subject.with_given(seed=1)
    for one, another in zip(given, other_given):
        another.load_state_dict(one.state_dict())
    seen = subject.sees(part, *batch)
    x = subject.of(part, *seen).sample(() if batch else (3,))
    restored(part, other, given, lambda module: subject.of(module, *seen).log_prob(x))
    return f"has all of {len(part.state_dict())} tensors"


def restored(
    part: nn.Module,
    other: nn.Module,
    given: list[nn.Module],
    result: Callable[[nn.Module], Tensor],
) -> None:
    """Raises Wrong unless ``other`` gives the same result with the state_dict of ``part``, and
    has nothing beside it that is learned.

    Args:
        given: modules that are kept elsewhere.
    """
    known = {id(one) for one in (*given, *part.modules(), *part.parameters())}
    for owner, module in part.named_modules():
        for name, found in _loose(vars(module), known):
            what = f"{owner}.{name}".lstrip(".")
            kind = "a module" if isinstance(found, nn.Module) else "a tensor with a gradient"
            instead = "nn.ModuleList" if isinstance(found, nn.Module) else "nn.ParameterList"
            raise Wrong(
                f"expected all that is learned in the state_dict, got {kind} in the plain "
                f"attribute {what}, which no optimizer and no checkpoint sees; use {instead} "
                "or nn.Parameter"
            )
    try:
        other.load_state_dict(part.state_dict())
    except Exception as error:
        raise Wrong(
            "expected load_state_dict of its own state_dict, got "
            f"{' '.join(str(error).split())[:200]}"
        ) from error
    if not torch.equal(result(other), result(part)):
        raise Wrong(
            "expected the same numbers after load_state_dict, got others; is something drawn at "
            "the start that no parameter and no buffer keeps? register_buffer keeps it"
        )


def _loose(attributes: Any, elsewhere: set[int], name: str = "") -> Iterator[tuple[str, Any]]:
    """Modules and tensors with a gradient, in plain attributes, lists, tuples and dicts."""
    if isinstance(attributes, dict):
        pairs = [(f".{key}", value) for key, value in attributes.items()]
        pairs = [(k, v) for k, v in pairs if k[1:] not in ("_parameters", "_buffers", "_modules")]
    else:
        pairs = [(f"[{i}]", value) for i, value in enumerate(attributes)]
    for key, value in pairs:
        if id(value) in elsewhere:
            continue
        learned = isinstance(value, Tensor) and value.is_leaf and value.requires_grad
        if learned or (isinstance(value, nn.Module) and any(True for _ in value.parameters())):
            yield f"{name}{key}".lstrip("."), value
        elif isinstance(value, (list, tuple, dict)):
            yield from _loose(value, elsewhere, f"{name}{key}")
