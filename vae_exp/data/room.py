"""How much of a device's memory data may take."""

import math

import torch


def available_bytes(device: torch.device) -> float:
    """How many bytes of data a device can keep beside a training: half of what is free."""
    return torch.cuda.mem_get_info(device)[0] / 2 if device.type == "cuda" else math.inf
