"""A model whose posterior is known: z ~ N(0, 1), x|z ~ N(w z, s²), q(z|x) = N(a x, t²)."""

import torch
from torch import nn
from torch.distributions import Independent, Normal

from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.objective.elbo import ELBO
from vae_exp.vae import VAE


class Encoder(nn.Module):
    def __init__(self, slope, scale):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope, dtype=torch.float64))
        self.log_scale = nn.Parameter(torch.tensor(scale, dtype=torch.float64).log())

    def forward(self, x):
        loc = self.slope * x
        return Independent(Normal(loc, self.log_scale.exp().expand_as(loc)), 1)


class Decoder(nn.Module):
    def __init__(self, slope, scale):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope, dtype=torch.float64))
        self.scale = torch.tensor(scale, dtype=torch.float64)

    def forward(self, z):
        return Independent(Normal(self.slope * z, self.scale), 1)


class Prior(nn.Module):
    def forward(self):
        zero = torch.zeros(1, dtype=torch.float64)
        return Independent(Normal(zero, zero + 1), 1)


def model(objective, kl=None, slope=0.4, scale=0.7):
    """With w = 1.5 and s = 0.8; the posterior is exact for ``exact()``."""
    kl = MonteCarlo("auto") if kl is None else kl
    parts = Encoder(slope, scale), Decoder(1.5, 0.8), Prior(), kl, objective
    return VAE(*parts, optimizer=lambda parameters: torch.optim.SGD(parameters, 0.1))


def elbo(samples):
    """The plain one."""
    return ELBO(samples, 1.0, "constant", 1, 0.0, None, 1)


def exact():
    """The slope and the scale of the true posterior."""
    precision = 1 + 1.5**2 / 0.8**2
    return 1.5 / 0.8**2 / precision, precision**-0.5


def gradients(vae, x):
    """The loss, the gradient of the encoder's two parameters, and of the decoder's one."""
    loss, _ = vae(x)
    of_encoder = [vae.encoder.slope, vae.encoder.log_scale]
    grads = torch.autograd.grad(loss, [*of_encoder, vae.decoder.slope])
    return loss.detach(), torch.stack(grads[:2]), grads[2]


def seeded():
    return torch.Generator().manual_seed(7)
