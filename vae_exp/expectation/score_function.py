"""The gradient of an average from that of log q, for samples that have none themselves."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.expectation import Expectation, Weighing, refuse_coupled

TERMS = ("reconstruction_loss", "kl", "bound")  # of which a running average is kept
MOMENTUM = 0.9  # of that average


class ScoreFunction(Expectation):
    """∂ E_q[f(z)] = E_q[∂ f(z) + (f(z) − b) ∂ log q(z|x)], unbiased for any b that is not of z.

    b is the running average of f over earlier batches, one for each term of the objective. Of a
    bound that takes all S samples together f is the bound, and log q the sum over them.

    Source: Williams 1992, "Simple statistical gradient-following algorithms"; with that average:
        Mnih and Gregor 2014, "Neural variational inference and learning", arXiv 1402.0030.
    """

    reparametrised = False
    gradient = "score_function"

    def __init__(self):
        super().__init__()
        for term in TERMS:
            self.register_buffer(f"average_{term}", torch.zeros(()))
            self.register_buffer(f"batches_{term}", torch.zeros((), dtype=torch.int64))

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
        return values + (values.detach() - self.baseline(values, term)) * score(log_q)

    def bound(
        self, of: Callable[[Tensor], Tensor], log_w: Tensor, q_z: Distribution, z: Tensor
    ) -> Tensor:
        value = of(log_w)
        whole = per_datum(value)
        signal = whole.detach() - self.baseline(whole, "bound")
        return value + signal * score(q_z.log_prob(z)).sum(0)

    def baseline(self, values: Tensor, term: str) -> Tensor:
        """The average over earlier batches, which these join if they are trained on."""
        average, batches = getattr(self, f"average_{term}"), getattr(self, f"batches_{term}")
        before = average.clone()
        if self.training and torch.is_grad_enabled():  # and not for a report of the same batch
            batches += 1
            # of few batches the plain average, later one that forgets
            share = (1 / batches).clamp(min=1 - MOMENTUM)
            average.lerp_(values.detach().mean().to(average), share.to(average))
        return before


def score(log_q: Tensor) -> Tensor:
    """0, with the gradient of log q."""
    return log_q - log_q.detach()


def per_datum(bound: Tensor) -> Tensor:
    """(B,) of a bound (B,), or of M of them, (M, B), whose average counts."""
    return bound if bound.ndim == 1 else bound.mean(0)
