"""What the encoder makes of a data set: where it puts each datum, and which dimensions it uses."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions.constraints import Constraint

from vae_exp.data import Data
from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.distribution.space import centre, space
from vae_exp.kl import reported_kl_per_latent
from vae_exp.kl.layerwise import kl_per_layer
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

ACTIVE = 0.01  # the threshold of Burda et al. on the variance of posterior means
BATCH = 1000
SAMPLES = 16  # of z for each datum, where a KL has no closed form


@dataclass(frozen=True)
class Latents:
    """Posterior means of N data, and what each latent dimension costs.

    Shapes: ``means``, E_q[z], (N, Z); ``kl_per_latent``, the average over the data of KL(q(z_d|x) ‖
    p(z_d)) in nats, (Z,), or none where the posterior or the prior does not factorise; ``draws``, a
    z ~ q(z|x) for each, (N, Z); ``centres``, what is drawn and decoded, E_q[z] unless the space of
    z, ``support``, is curved, see ``centre``, (N, Z); ``kl_per_layer``, the average KL of each
    stochastic layer given the others, (L,), see ``Layerwise``, or none where there are no layers.
    """

    means: Tensor
    kl_per_latent: Tensor | None
    draws: Tensor
    centres: Tensor
    support: Constraint
    kl_per_layer: Tensor | None = None

    @property
    def variances(self) -> Tensor:
        """Cov_x(E_q[z_d]), (Z,); of codes that of the probabilities of each variable's values,
        summed, (N,)."""
        if isinstance(self.support, LatentCodes):
            each = self.support.probabilities(self.means)
            return torch.stack([q.float().var(dim=0).sum() for q in each])
        return self.means.var(dim=0)

    @property
    def active(self) -> Tensor:
        """The dimensions in use, Cov_x(E_q[z_d]) > 0.01: (Z,), true or false.

        Source: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519.
        """
        return self.variances > ACTIVE

    @property
    def order(self) -> list[int]:
        """The dimensions, most used first: by KL where it splits up, else by their variance."""
        use = self.variances if self.kl_per_latent is None else self.kl_per_latent
        return use.argsort(descending=True).tolist()


@torch.no_grad()
def encode_split(vae: VAE, data: Data, split: str, limit: int | None = None) -> Latents:
    """Encode the first ``limit`` data of a split, or all of it; the result is on the CPU."""
    vae.eval()
    size = min(data.size(split), limit or data.size(split))
    means, centres, draws, kl_per_latent, layers = [], [], [], [], []
    with isolate_rng(data.device):
        for start in range(0, size, BATCH):
            x, seen = vae.condition(*data.at(split, slice(start, min(start + BATCH, size))))
            q_z, p_z = vae.encoder(x, *seen.encoder), vae.prior(*seen.prior)
            z = q_z.sample((SAMPLES,))
            kl = reported_kl_per_latent(q_z, p_z, z)
            by_layer = kl_per_layer(q_z, p_z, z)
            if by_layer is not None:
                layers.append(by_layer.mean(0).cpu())
            means.append(q_z.mean.cpu())
            centres.append(centre(q_z).cpu())
            draws.append(z[0].cpu())
            kl_per_latent.append(kl if kl is None else kl.reshape(-1, *kl.shape[-2:]).mean(0).cpu())
    factorises = kl_per_latent[0] is not None
    kl_per_latent = torch.cat(kl_per_latent).mean(0) if factorises else None
    by_layer = torch.cat(layers).mean(0) if layers else None
    together = (torch.cat(means), kl_per_latent, torch.cat(draws), torch.cat(centres))
    return Latents(*together, space(q_z), by_layer)
