"""Posteriors q(z|x): ``encoder(x)``, x (*, X), returns batch (*,), event (Z,). One a file."""

import math
from collections.abc import Callable

from torch import Tensor, nn


class Encoder(nn.Module):
    """q(z|x) whose parameters are the outputs of one network of x.

    Components of x that are not observed are NaN, and 0 to the network. What q sees besides, such
    as a condition c, comes behind x, and goes to the network.

    An encoder says in ``decoder_z_dim`` how many numbers of z the likelihood sees, where these are
    not Z = ``z_dim``, and in ``expectation`` how averages over q are taken and
    differentiated, where that is not by reparametrised samples.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        outputs: how many the network has.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.

    Raises:
        ValueError: ``z_dim`` is not positive, or the network is of latents.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        outputs: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__()
        if z_dim < 1:
            raise ValueError(f"z_dim: expected a positive number, got {z_dim}")
        self.network = network(x_shape, (outputs,))
        for module in self.network.modules():
            if hasattr(module, "domain"):
                raise ValueError(
                    f"network: expected one of data for the encoder, got {type(module).__name__}, "
                    f"whose inputs are on {module.domain}; for the decoder alone use "
                    "network@decoder_network=geodesic"
                )

    def outputs(self, x: Tensor, *seen: Tensor) -> Tensor:
        """What the network makes of x (*, X) and what it sees besides: (*, ``outputs``)."""
        return self.network(x.nan_to_num(0.0, math.inf, -math.inf), *seen)
