"""The negative evidence lower bound, with its usual weighting."""

from typing import Literal

from torch import Tensor

from vae_exp.objective import Objective, Terms
from vae_exp.objective.beta import Beta


class ELBO(Objective):
    """−E_q[log p(x|z)] + β Σ_d max(λ, KL_d), averaged over samples and batch.

    β = 1 and λ = 0 give the negative ELBO. KL_d is the batch average of one latent dimension
    (of the whole where the estimator is joint). With a capacity C the second term is
    β |Σ_d max(λ, KL_d) − C(t)|, C rising from 0.

    Args:
        samples: S, the samples of z that the reconstruction term and the KL share.
        beta: the weight of the KL, reached at the end of a warm-up where there is one.
        beta_schedule: ``constant``, ``linear`` or ``cyclical``, see ``Beta``.
        beta_steps: the length in training steps of the warm-up or of one cycle.
        free_bits: λ, nats per latent dimension that cost nothing; 0 for none.
        capacity: C, nats that the KL is to have in the end, or none.
        capacity_steps: in how many training steps the capacity rises to that.

    Raises:
        ValueError: a number out of its range.
    Source: Higgins et al. 2017, "beta-VAE"; free bits: Kingma et al. 2016, arXiv 1606.04934;
        capacity: Burgess et al. 2018, arXiv 1804.03599.
    """

    def __init__(
        self,
        samples: int,
        beta: float,
        beta_schedule: Literal["constant", "linear", "cyclical"],
        beta_steps: int,
        free_bits: float,
        capacity: float | None,
        capacity_steps: int,
    ):
        super().__init__(samples)
        if not free_bits >= 0:
            raise ValueError(f"objective.free_bits: expected 0 or more nats, got {free_bits}")
        self.beta = Beta(beta, beta_schedule, beta_steps)
        self.free_bits = free_bits
        rising = capacity is not None
        self.capacity = Beta(capacity, "linear", capacity_steps, "capacity") if rising else None

    @property
    def is_elbo(self) -> bool:
        return self.beta.beta == 1 and self.free_bits == 0 and self.capacity is None

    @property
    def warmup_steps(self) -> int:
        return max(part.warmup_steps for part in (self.beta, self.capacity) if part is not None)

    def forward(self, terms: Terms) -> Tensor:
        if self.free_bits:
            kl_loss = terms.mean_kl_per_latent().clamp(min=self.free_bits).sum()
        else:
            kl_loss = terms.mean(terms.kl_loss, "kl")
        if self.capacity is not None:
            kl_loss = (kl_loss - self.capacity()).abs()
        reconstruction_loss = terms.mean(terms.reconstruction_loss, "reconstruction_loss")
        return reconstruction_loss + self.beta() * kl_loss

    def info(self) -> dict[str, Tensor]:
        capacity = {} if self.capacity is None else {"capacity": self.capacity.used}
        return {"beta": self.beta.used, **capacity}
