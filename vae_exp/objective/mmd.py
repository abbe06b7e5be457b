"""Reconstruction with the aggregate posterior near the prior: InfoVAE and WAE."""

from typing import Literal

import torch
from torch import Tensor

from vae_exp.objective import Objective, Terms

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of Tolstikhin et al.
KERNELS = {
    "imq": lambda distance, scale: scale / (scale + distance),
    "rbf": lambda distance, scale: (-distance / scale).exp(),
}


class MMD(Objective):
    """−E_q[log p(x|z)] + (1 − α) KL(q(z|x) ‖ p(z)) + (α + λ − 1) MMD²(q(z), p(z)).

    MMD² is the unbiased estimate of the squared maximum mean discrepancy between the z of the batch
    and as many from the prior, E k(z, z') + E k(y, y') − 2 E k(z, y), with a kernel at seven scales
    around 2 Z. α = 1 is WAE-MMD, which leaves the KL out; α = 0 and λ = 1 is the ELBO. MMD² has no
    units; λ weighs it against nats. A learned prior learns nothing from it.

    Args:
        samples: S, of z for each datum.
        alpha: α.
        weight: λ.
        kernel: ``imq``, s / (s + d²), or ``rbf``, exp(−d² / s), d the distance.

    Raises:
        ValueError: the weight of the MMD would be negative.
    Source: Zhao, Song and Ermon 2017, "InfoVAE", arXiv 1706.02262; Tolstikhin et al. 2017,
        "Wasserstein auto-encoders", arXiv 1711.01558.
    """

    compares_data = True
    reparametrises = True

    def __init__(self, samples: int, alpha: float, weight: float, kernel: Literal["imq", "rbf"]):
        super().__init__(samples)
        if not alpha + weight >= 1:
            raise ValueError(
                f"objective.weight: expected at least 1 − objective.alpha ({1 - alpha:g}), "
                f"got {weight}"
            )
        self.alpha, self.weight, self.kernel = alpha, weight, kernel

    def forward(self, terms: Terms) -> Tensor:
        # one z a datum, of its own p(z|c) where there is a condition
        count = terms.z.shape[: terms.z.ndim - 1 - len(terms.p_z.batch_shape)]
        # torch's Normal has the host look at its scale before it samples, but not before rsample
        draw = terms.p_z.rsample if terms.p_z.has_rsample else terms.p_z.sample
        y = draw(count).detach()  # (S, B, Z)
        discrepancy = squared_mmd(terms.z, y, self.kernel).mean()
        return (
            terms.reconstruction_loss.mean()
            + (1 - self.alpha) * terms.kl_loss.mean()
            + (self.alpha + self.weight - 1) * discrepancy
        )


def squared_mmd(z: Tensor, y: Tensor, kernel: str) -> Tensor:
    """The unbiased estimate of MMD² between samples z and y, (*, B, Z) each: (*,).

    Of fewer than two of each there is none, and 0 stands for it.
    """
    count = z.shape[-2]
    if count < 2:
        return z.new_zeros(z.shape[:-2])
    others = 1 - torch.eye(count, device=z.device)
    pairs = count * (count - 1)

    def similarity(a: Tensor, b: Tensor) -> Tensor:
        distance = (a.unsqueeze(-2) - b.unsqueeze(-3)).square().sum(-1)  # (*, B, B)
        return sum(KERNELS[kernel](distance, 2 * z.shape[-1] * scale) for scale in SCALES)

    within = ((similarity(z, z) + similarity(y, y)) * others).sum((-2, -1)) / pairs
    return within - 2 * similarity(z, y).mean((-2, -1))
