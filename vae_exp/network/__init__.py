"""Function approximators: ``network(in_shape, out_shape)`` is a module between those shapes.

One a file, no probability in them. Any leading dimensions of the input are kept.
"""

from torch import nn


def activation_class(name: str) -> type[nn.Module]:
    """The activation of that name in ``torch.nn``.

    Raises:
        ValueError: torch.nn has no such activation.
    """
    found = getattr(nn.modules.activation, name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise ValueError(
            "network.activation: expected an activation of torch.nn, such as ReLU, Tanh, GELU or "
            f"SiLU, got {name!r}"
        )
    return found
