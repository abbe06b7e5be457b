"""What a configuration would build, seen before it is built: names and shapes, and no memory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from omegaconf import DictConfig
from torch import Tensor, nn
from torch.nn.modules import module

from vae_exp.configuration.build_model import build_parts
from vae_exp.configuration.trust import Trust
from vae_exp.data.observation import Observation
from vae_exp.runs.activations import check_room
from vae_exp.runtime.memory import limited_memory
from vae_exp.runtime.rng import isolate_rng

MOST_FOR_A_WEIGHT = 100  # modules and tensors in a model, for each of its weights
SPACE, FOR_A_BYTE = 2**29, 10  # bytes that building may take where it cannot be drawn up
REGISTRATIONS = (
    module.register_module_parameter_registration_hook,
    module.register_module_buffer_registration_hook,
    module.register_module_module_registration_hook,
)


def check_outline(cfg: DictConfig, trust: Trust, state: dict[str, Any]) -> None:
    """See that the model of a configuration is the one that these weights are of.

    A stranger's configuration may ask for widths of which no memory is large enough, or for
    millions of layers. Its weights lie in a file, and so have a size: the model must have theirs.
    And there must be memory to run it with one datum.

    Code that the user allows may do more than torch can draw up, and is not asked.

    Args:
        state: of a checkpoint: ``vae``, the weights by name, ``x_shape``, X, and ``observation``.

    Raises:
        ValueError: it is another, or a mistake in the configuration.
    """
    if trust.allow:
        return
    weights = state["vae"]
    datum = Observation.from_state(state["x_shape"], state.get("observation", {}))
    cpu, meta = torch.device("cpu"), torch.device("meta")
    with isolate_rng(cpu), _at_most(MOST_FOR_A_WEIGHT * (10 + len(weights))):
        try:
            with meta:
                parts = build_parts(cfg, datum, meta)
        except ValueError as error:
            if not isinstance(error.__cause__, NotImplementedError):
                raise
            # a part, such as zuko's flows, that computes something while it is built
            with limited_memory(SPACE + FOR_A_BYTE * sum(w.nbytes for w in weights.values())):
                parts = build_parts(cfg, datum, cpu)
    built = {
        f"{name}.{key}": tuple(tensor.shape)
        for name, part in parts.items()
        for key, tensor in part.state_dict().items()
    }
    saved = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    different = [name for name in {**built, **saved} if built.get(name) != saved.get(name)]
    if different:
        name = different[0]
        raise ValueError(
            "checkpoint: expected the weights of this model, got other ones: of "
            f"{len(different)} that differ the first is {name}, {_said(built.get(name))} by the "
            f"configuration and {_said(saved.get(name))} in the checkpoint"
        )
    check_room(parts.values())


@contextmanager
def _at_most(count: int) -> Iterator[None]:
    """Refuse to build more modules and tensors than this."""
    left = count

    def register(owner: nn.Module, name: str, what: nn.Module | Tensor | None) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(
                "checkpoint: expected the weights of this model, got those of a smaller one"
            )

    with ExitStack() as hooks:
        for of_all_modules in REGISTRATIONS:
            hooks.callback(of_all_modules(register).remove)
        yield


def _said(shape: tuple[int, ...] | None) -> str:
    return "none" if shape is None else f"{'×'.join(map(str, shape)) or 'a number'}"
