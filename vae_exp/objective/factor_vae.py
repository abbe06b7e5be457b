"""The ELBO with a total correlation that a discriminator estimates (FactorVAE)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.distributions import constraints
from torch.nn.functional import softplus

from vae_exp.distribution.frozen import frozen
from vae_exp.distribution.space import space
from vae_exp.kl import family
from vae_exp.objective import Objective, Terms


class FactorVAE(Objective):
    """−ELBO + γ E_{q(z)}[D(z)], D(z) ≈ log q(z) − Σ_d log q(z_d), so that E[D] ≈ TC(q(z)).

    D is a network that tells the z of the batch from z' whose dimensions are each shuffled over the
    batch, and so independent. It minimises

        L_D = ½ E[softplus(−D(z))] + ½ E[softplus(D(z'))]

    whose optimum is that log-ratio. The model sees D as a constant, and D sees z as a constant:
    each of L_D's gradients and the rest's goes to its own parameters, and as Adam treats each
    parameter alone, one optimizer's step is a step of both. L_D adds its gradient and not its
    value: ``loss`` is what the model minimises, and no number of the model has L_D in it.

    Otherwise than in the paper: D has the optimizer of the model (there one of its own, Adam with
    lr 1e-4 and betas 0.5 and 0.9), and its norm counts in ``trainer.clip_norm``; z' are shuffles of
    the same batch (there of a second one); both steps are from one batch (there D follows a model
    that has made its step); D is ``hidden`` wide with one output, the difference of the paper's
    two. What is not trained yet says nothing: E[D] is no bound on the total correlation, from
    neither side.

    Args:
        samples: S, the samples of z that all terms share.
        z_dim: Z.
        gamma: γ, beside nats.
        hidden: the widths of the discriminator.

    Raises:
        ValueError: a number out of its range.
    Units: nats; of L_D too, log 2 of a discriminator that tells nothing.
    Source: Kim and Mnih 2018, "Disentangling by factorising", arXiv 1802.05983.
    """

    compares_data = True
    reparametrises = True
    needs_real_latents = True
    total_correlation: Tensor
    discriminator_loss: Tensor

    def __init__(self, samples: int, z_dim: int, gamma: float, hidden: Sequence[int]):
        super().__init__(samples)
        if not 0 <= gamma < float("inf"):
            raise ValueError(f"objective.gamma: expected 0 or more, got {gamma}")
        if not all(width > 0 for width in hidden):
            raise ValueError(f"objective.hidden: expected positive widths, got {list(hidden)}")
        self.gamma = gamma
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise([z_dim, *hidden]):
            layers += [nn.Linear(fan_in, fan_out), nn.LeakyReLU(0.2)]
        self.discriminator = nn.Sequential(*layers, nn.Linear([z_dim, *hidden][-1], 1))
        for name in ("total_correlation", "discriminator_loss"):
            self.register_buffer(name, torch.zeros(()), persistent=False)

    def forward(self, terms: Terms) -> Tensor:
        if not isinstance(space(terms.q_z), type(constraints.real)):
            raise ValueError(
                "objective: expected a posterior on real numbers for objective=factor_vae, whose "
                f"dimensions can be shuffled, got {family(terms.q_z)} on {space(terms.q_z)}; use "
                "encoder=gaussian, or objective=elbo"
            )
        z = terms.z.flatten(end_dim=-2)  # (S · B, Z)
        total_correlation = frozen(self.discriminator)(z).mean()
        apart = self.discriminate(z.detach())
        self.total_correlation = total_correlation.detach()
        self.discriminator_loss = apart.detach()
        return (
            terms.mean(terms.reconstruction_loss, "reconstruction_loss")
            + terms.mean(terms.kl_loss, "kl")
            + self.gamma * total_correlation
            + (apart - apart.detach())  # 0, with the discriminator's gradient
        )

    def discriminate(self, z: Tensor) -> Tensor:
        """L_D of samples z (N, Z), a scalar."""
        joint, independent = self.discriminator(z), self.discriminator(shuffle(z))
        return (softplus(-joint).mean() + softplus(independent).mean()) / 2

    def info(self) -> dict[str, Tensor]:
        return {
            "total_correlation": self.total_correlation,
            "discriminator_loss": self.discriminator_loss,
        }


def shuffle(z: Tensor) -> Tensor:
    """z (N, Z), each dimension in an order of its own: as from Π_d q(z_d)."""
    return z.gather(0, torch.rand_like(z).argsort(0))
