"""Double precision, where the device has it."""

from torch import Tensor


def double(x: Tensor) -> Tensor:
    """x in double precision, for terms that are much larger than what their sum comes to.

    Apple's GPUs have none: there it is x itself.
    """
    return x if x.device.type == "mps" else x.double()
