"""vae_exp: variational autoencoders from interchangeable parts, trained and evaluated.

import vae_exp
experiment = vae_exp.build(vae_exp.compose("decoder=bernoulli", "kl=schulman"))
for record in experiment.train():
    ...
experiment.evaluate()
vae = vae_exp.load("outputs/...")  # from the folder of a run
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_exp.cli.compose import compose
    from vae_exp.experiment import Experiment, build
    from vae_exp.runs.load import load
    from vae_exp.vae import VAE

__version__ = "0.1.0"
__all__ = ["VAE", "Experiment", "build", "compose", "load"]

# imported when used, so that the command line answers before torch is loaded
_MODULES = {
    "VAE": "vae_exp.vae",
    "Experiment": "vae_exp.experiment",
    "build": "vae_exp.experiment",
    "compose": "vae_exp.cli.compose",
    "load": "vae_exp.runs.load",
}


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
