"""What the last bits of a model's numbers depend on, and with them what can be decoded."""

import hashlib
import platform
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vae_exp.compression.stack import constriction
from vae_exp.runtime.precision import allow_tf32

# in the words of the user, what to do about it
REMEDIES = {
    "device": "device={} where there is one",
    "processor": "decompress on the machine that compressed",
    "threads": "threads={}",
    "dtype": "a model of {}",
    "torch": "pip install torch=={}",
    "constriction": "pip install constriction=={}",
}


def numerics(vae: nn.Module) -> dict[str, Any]:
    """The versions, the device and the way in which the numbers of a model are computed here."""
    parameter = next(vae.parameters())
    return {
        "device": parameter.device.type,
        "processor": processor(parameter.device),
        "threads": torch.get_num_threads(),
        "dtype": str(parameter.dtype).removeprefix("torch."),
        "torch": torch.__version__,
        "constriction": version(),
    }


def check_numerics(written: dict[str, Any], here: dict[str, Any]) -> None:
    """Refuse to read what was written otherwise.

    Raises:
        ValueError: naming the first thing that differs.
    """
    for name, remedy in REMEDIES.items():
        if written[name] != here[name]:
            raise ValueError(
                f"{name}: expected {written[name]}, with which the file was written, got "
                f"{here[name]}; {remedy.format(written[name])}"
            )


def fix_numerics(vae: nn.Module) -> None:
    """Have the same numbers come out always, as far as the settings of torch go.

    Raises:
        ValueError: the device is one whose numbers are not known to be the same always.
    """
    device = next(vae.parameters()).device
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device: expected cpu or cuda, got {device.type}; use device=cpu")
    allow_tf32(False)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def processor(device: torch.device) -> str:
    """The name of what computes, on which its instructions depend."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    name = platform.processor() or platform.machine()
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else name}, {torch.backends.cpu.get_cpu_capability()}"


def version() -> str:
    """That of constriction."""
    from importlib.metadata import version

    constriction()
    return version("constriction")


def model_id(vae: nn.Module) -> str:
    """A name of the weights, which is another for others."""
    found = hashlib.sha256()
    for name, weight in sorted(vae.state_dict().items()):
        found.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
        found.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return found.hexdigest()[:16]
