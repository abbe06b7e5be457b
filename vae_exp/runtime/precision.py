"""The number format in which networks multiply while they are trained."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from vae_exp.network import Network
from vae_exp.vae import VAE

Precision = Literal["float32", "tf32", "bf16"]


@contextmanager
def training_precision(vae: VAE, precision: Precision) -> Iterator[None]:
    """Inside, networks in training mode multiply in ``precision``; all else stays float32.

    All else is weights, their gradients, densities, KL and loss, and every evaluation. ``bf16`` has
    a mantissa of 8 bits, ``tf32`` one of 11 (CUDA alone has it), float32 one of 24.

    Raises:
        ValueError: the device or a network cannot do that.
    """
    device = next(vae.parameters()).device
    networks = [module for module in vae.modules() if isinstance(module, Network)]
    if precision == "tf32" and device.type != "cuda":
        raise ValueError(f"trainer.precision: expected float32 or bf16 on {device.type}, got tf32")
    if precision == "bf16" and not networks:
        raise ValueError(
            "trainer.precision: expected float32 where no network derives from "
            "vae_exp.network.Network, got bf16"
        )
    try:
        for network in networks:
            network.bf16 = precision == "bf16"
        allow_tf32(precision == "tf32")
        yield
    finally:
        for network in networks:
            network.bf16 = False
        allow_tf32(False)


def allow_tf32(allowed: bool) -> None:
    """Whether CUDA may round what it multiplies to TF32, as cuDNN would do by itself."""
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed
