"""The KL by stochastic layers."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.distribution.layers import Layers
from vae_exp.kl import KLEstimator, closed_form, family


class Layerwise(KLEstimator):
    """Σ_l β_l E_q KL(q(z_l|...) ‖ p(z_l|z_{l+1})): the KL where all β_l = 1.

    Of a posterior that goes from the top down, q(z_l|x, z_{l+1}), each is the closed form given the
    layers above as they were drawn, where there is one: less variance than of −log r, and the same
    expectation, value and gradient. Of one that goes up, and of p(z_L) without a closed form, it is
    log q − log p of the layer as it was drawn; for one layer of a posterior that goes up that may
    be negative on average, and the sum is the KL.

    Args:
        beta: β_l, of z_1, ..., z_L, or none for 1.
        beta_steps: T_l training steps in which they rise from 0, β_l min(1, t / T_l), or none. In
            evaluation mode they are what they rise to.

    Raises:
        ValueError: a number is out of its range.
    Source: closed forms in a ladder and a warm-up: Sønderby et al. 2016, arXiv 1602.02282.
    """

    needs = "layers of one size"

    def __init__(self, beta: list[float] | None, beta_steps: list[int] | None):
        super().__init__(per_dimension=False)
        if beta is not None and not all(0 <= value < float("inf") for value in beta):
            raise ValueError(f"kl.beta: expected numbers from 0, one for each layer, got {beta}")
        if beta_steps is not None and not all(steps > 0 for steps in beta_steps):
            raise ValueError(
                f"kl.beta_steps: expected positive numbers, one for each layer, got {beta_steps}"
            )
        self.beta, self.beta_steps = beta, beta_steps
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        self.register_buffer("used", None if beta_steps is None else torch.zeros(len(beta_steps)))

    @property
    def is_kl(self) -> bool:
        return self.beta is None or all(value == 1 for value in self.beta)

    @property
    def warmup_steps(self) -> int:
        return max(self.beta_steps or [0])

    def forward(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """The weighted sum (S, B); each call in training mode is a step of the warm-up."""
        if self.training and self.beta_steps is not None:
            self.used = (self.step / self.used.new_tensor(self.beta_steps)).clamp(max=1)
            self.step += 1
        return super().forward(q_z, p_z, z)

    def per_latent(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """Of each layer, weighted, (S, B, L).

        Raises:
            ValueError: there are no layers, or not as many as weights.
        """
        kl = kl_per_layer(q_z, p_z, z)
        if kl is None:
            raise ValueError(
                "kl: expected a posterior and a prior with layers of one size for kl=layerwise, "
                f"got {family(q_z)} and {family(p_z)}; use encoder=hierarchical with "
                "prior=hierarchical, or kl=monte_carlo"
            )
        for key, given in (("beta", self.beta), ("beta_steps", self.beta_steps)):
            if given is not None and len(given) != kl.shape[-1]:
                raise ValueError(
                    f"kl.{key}: expected a number for each of {kl.shape[-1]} layers, got {given}"
                )
        if self.beta is not None:
            kl = kl * kl.new_tensor(self.beta)
        return kl * self.used if self.training and self.used is not None else kl

    @torch.no_grad()
    def reported(self, q_z: Distribution, p_z: Distribution, z: Tensor, estimate: Tensor) -> Tensor:
        """The sum without weights, (S, B)."""
        return kl_per_layer(q_z, p_z, z).sum(-1)


def kl_per_layer(q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor | None:
    """Of z_1, ..., z_L, given others as they are in z (S, B, Z), see ``Layerwise``: (S, B, L).

    None where q and p have no layers, or of other sizes.
    """
    layered = isinstance(q_z, Layers) and isinstance(p_z, Layers)
    if not layered or q_z.sizes != p_z.sizes:
        return None
    each = []
    for q, p, part in zip(q_z.conditionals(z), p_z.conditionals(z), q_z.parts(z)):
        exact = None if q_z.upward else closed_form(q, p)
        kl = q.log_prob(part) - p.log_prob(part) if exact is None else exact
        each.append(kl.expand(z.shape[:-1]))
    return torch.stack(each, -1)
