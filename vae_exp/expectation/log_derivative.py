"""The gradient of an average from that of log q, for samples that have none themselves."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.expectation import Expectation, Weighing, refuse_coupled


class LogDerivative(Expectation):
    """∂ E_q[f(z)] = E_q[∂ f(z) + (f(z) − b) ∂ log q(z|x)], unbiased for any b that is not of z.

    A subclass says what b is, in ``baseline``, and what stands for it where a bound takes all S
    samples together, in ``bound``.

    Source: Williams 1992, "Simple statistical gradient-following algorithms".
    """

    reparametrised = False
    gradient: str  # what encoder.gradient calls it

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        refuse_coupled(decoder, kl, objective, self.gradient)

    @torch.no_grad()
    def draw(self, q_z: Distribution, samples: int) -> Tensor:
        return q_z.sample((samples,))

    def each(self, values: Tensor, q_z: Distribution, z: Tensor, term: str) -> Tensor:
        if not torch.is_grad_enabled():  # it is all about the gradient
            return values
        log_q = q_z.log_prob(z)  # (S, B)
        if values.ndim > log_q.ndim:
            log_q = log_q.unsqueeze(-1)
        constant = values.detach()
        return values + (constant - self.baseline(constant, term)) * score(log_q)

    def baseline(self, values: Tensor, term: str) -> Tensor:
        """b of each of f(z), (S, *), a term of the objective."""
        raise NotImplementedError


def score(log_q: Tensor) -> Tensor:
    """0, with the gradient of log q."""
    return log_q - log_q.detach()


def per_datum(bound: Tensor) -> Tensor:
    """(B,) of a bound (B,), or of M of them, (M, B), whose average counts."""
    return bound if bound.ndim == 1 else bound.mean(0)
