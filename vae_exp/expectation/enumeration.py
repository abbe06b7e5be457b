"""The average over q as a sum over all that there is."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.expectation import Expectation, Weighing, refuse_coupled

LIMIT = 65_536  # codes


class Enumeration(Expectation):
    """E_q[f(z)] = Σ_z q(z|x) f(z) over all codes z: exact, with its gradient.

    Args:
        count: how many codes there are, which take the place of S.

    Raises:
        ValueError: more than 65,536.
    """

    reparametrised = False

    def __init__(self, count: int):
        super().__init__()
        if count > LIMIT:
            raise ValueError(
                f"encoder.gradient: expected another than enumerate for {count:,} codes, of which "
                f"{LIMIT:,} at most are summed; use vimco, or a smaller z_dim"
            )

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        refuse_coupled(decoder, kl, objective, "enumerate")
        if objective.weighs_samples:
            raise ValueError(
                "objective: expected one of single samples for encoder.gradient=enumerate, got "
                f"{type(objective).__name__}; use objective=elbo, or encoder.gradient=vimco"
            )

    @torch.no_grad()
    def draw(self, q_z: Distribution, samples: int) -> Tensor:
        """All z, (S, B, Z)."""
        return q_z.enumerate_support()

    def each(self, values: Tensor, q_z: Distribution, z: Tensor, term: str) -> Tensor:
        q = q_z.log_prob(z).exp()  # (S, B)
        return len(z) * (q if values.ndim == q.ndim else q.unsqueeze(-1)) * values
