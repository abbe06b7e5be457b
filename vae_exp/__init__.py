"""vae_exp: variational autoencoders from interchangeable parts, trained and evaluated.

import vae_exp
experiment = vae_exp.build(vae_exp.compose("decoder=bernoulli", "kl=schulman"))
for record in experiment.train():
    ...
experiment.evaluate()
vae = vae_exp.load("outputs/...")  # from the folder of a run
"""

import importlib
from typing import Any

__version__ = "0.1.0"

# name: module (never of the same name, which would hide it); imported when used, so that the
# command line answers before torch is loaded
_PUBLIC = {
    "VAE": "vae_exp.vae",
    "Experiment": "vae_exp.experiment",
    "build": "vae_exp.experiment",
    "compose": "vae_exp.config",
    "load": "vae_exp.saved_run",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
