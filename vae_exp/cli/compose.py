"""The configuration for those who work in Python: refused in the words of the command line."""

from hydra.errors import HydraException
from omegaconf import DictConfig

from vae_exp.cli.errors import one_line
from vae_exp.configuration import compose as composing


def compose(*overrides: str) -> DictConfig:
    """The configuration that these overrides give, as on the command line.

    >>> compose("decoder=bernoulli", "optimizer.lr=3e-4")

    Raises:
        ValueError: an unknown group, option or key, in one line that names it.
    """
    if not all(isinstance(word, str) for word in overrides):
        raise ValueError(
            "compose: expected words, compose('decoder=bernoulli', 'z_dim=2'), got "
            f"{', '.join(type(word).__name__ for word in overrides)}"
        )
    try:
        return composing.compose(*overrides)
    except (HydraException, ValueError) as error:
        raise ValueError(one_line(error, overrides)) from error
