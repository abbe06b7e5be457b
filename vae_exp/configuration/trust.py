"""Which classes a stranger's configuration may name: building it must run nothing else."""

import pydoc
from collections.abc import Iterator, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

# modules whose classes do no more than build a part, read data or wait to be called
TRUSTED = (
    "vae_exp.encoder",
    "vae_exp.decoder",
    "vae_exp.prior",
    "vae_exp.kl",
    "vae_exp.objective",
    "vae_exp.optimizer",
    "vae_exp.network",
    "vae_exp.data",
    "vae_exp.training.trainer",
    "vae_exp.evaluation",
    "vae_exp.plots",
    "vae_exp.tracking",
    "vae_exp.reproduction",
    "torch.nn",
    "torch.optim",
)
# ... and a function that does the same
TRUSTED_FUNCTIONS = ("vae_exp.data.array.array",)


def check_trusted(config: DictConfig, allow: Sequence[str] = ()) -> None:
    """Look at every ``_target_`` of a configuration before any of it is built.

    Args:
        allow: further packages, whose code the user trusts as a whole.

    Raises:
        ValueError: one is neither a class of ``TRUSTED`` nor in ``allow``.
    """
    for key, name in _targets(OmegaConf.to_container(config, resolve=True), ""):
        if not (_within(name, allow) or _is_trusted_class(name)):
            raise ValueError(
                f"{key}: expected a class of the groups of vae_exp, of torch.nn or of torch.optim, "
                f"got {name}, which was not run; if you trust that code, allow its package "
                "(allow=[...] in Python, --allow on the command line)"
            )


def _targets(node: Any, key: str) -> Iterator[tuple[str, str]]:
    """Every ``_target_`` below, wherever it hides, with its full key."""
    if isinstance(node, dict):
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    else:
        return
    for name, child in children:
        full_key = f"{key}.{name}".lstrip(".")
        if name == "_target_":
            yield full_key, str(child)
        yield from _targets(child, full_key)


def _is_trusted_class(name: str) -> bool:
    """Whether the name and what it leads to are both at home in ``TRUSTED``.

    ``vae_exp.data.socket.socket`` begins well, but leads elsewhere.
    """
    if name in TRUSTED_FUNCTIONS:
        return True
    if not _within(name, TRUSTED):
        return False
    found = pydoc.locate(name)
    return isinstance(found, type) and _within(found.__module__, TRUSTED)


def _within(name: str, packages: Sequence[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
