"""Small models with random weights, and data to go with them."""

import torch

from vae_exp.configuration.build_model import build_vae
from vae_exp.configuration.compose import compose
from vae_exp.data.observation import Observation

CPU = torch.device("cpu")
SHAPES = [(1, 8, 8), (3, 32, 32), (3, 64, 64), (1, 64, 64), (50, 2), (50, 12), (13,), (2,)]


class RandomData:
    """As much of ``Data`` as pictures ask for: uniform noise of some event shape."""

    def __init__(self, shape, classes=None, size=40):
        generator = torch.Generator().manual_seed(0)
        self.shape, self.device, self.storage = shape, CPU, CPU
        self.observation = Observation(shape)
        self.x = torch.rand(size, *shape, generator=generator)
        self.class_names = ()
        self.labels = None if classes is None else {"test": torch.arange(size) % classes}

    def size(self, split):
        return len(self.x)

    def batch(self, split, index):
        return self.x[index]

    def at(self, split, index):
        return self.x[index], None


def random_vae(shape, z_dim, *overrides):
    torch.manual_seed(0)
    cfg = compose("network=mlp", "network.hidden=[16]", f"z_dim={z_dim}", *overrides)
    return build_vae(cfg, Observation(shape), CPU)


def records(steps):
    """A run's records, an epoch a step, whose best validation ELBO is that of the last but one."""
    found = []
    for step in range(1, steps + 1):
        names = {"elbo": -100 / step, "reconstruction_loss": 90 / step, "kl": 10 / step}
        here = {"step": step, "epoch": step}
        found.append(here | {f"train/{name}": value for name, value in names.items()})
        worse = 5 if step == steps > 1 else 0
        names["elbo"] -= worse
        best = {"val/best_epoch": step - 1 if worse else step}
        found.append(here | {f"val/{name}": value for name, value in names.items()} | best)
    return found
