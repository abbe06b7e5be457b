"""The score function with a baseline from earlier batches."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.expectation.log_derivative import LogDerivative, per_datum, score

TERMS = ("reconstruction_loss", "kl", "bound")  # of which a running average is kept
MOMENTUM = 0.9  # of that average


class ScoreFunction(LogDerivative):
    """``LogDerivative`` whose b is the running average of f over earlier batches.

    There is one for each term of the objective. Of a bound that takes all S samples together f is
    the bound, and log q the sum over them.

    Source: Mnih and Gregor 2014, "Neural variational inference and learning", arXiv 1402.0030.
    """

    gradient = "score_function"

    def __init__(self):
        super().__init__()
        for term in TERMS:
            self.register_buffer(f"average_{term}", torch.zeros(()))
            self.register_buffer(f"batches_{term}", torch.zeros((), dtype=torch.int64))

    def bound(
        self, of: Callable[[Tensor], Tensor], log_w: Tensor, q_z: Distribution, z: Tensor
    ) -> Tensor:
        value = of(log_w)
        whole = per_datum(value).detach()
        signal = whole - self.baseline(whole, "bound")
        return value + signal * score(q_z.log_prob(z)).sum(0)

    def baseline(self, values: Tensor, term: str) -> Tensor:
        """The average over earlier batches, which these join if they are trained on."""
        average, batches = getattr(self, f"average_{term}"), getattr(self, f"batches_{term}")
        before = average.clone()
        if self.training and torch.is_grad_enabled():  # and not for a report of the same batch
            batches += 1
            # of few batches the plain average, later one that forgets
            share = (1 / batches).clamp(min=1 - MOMENTUM)
            average.lerp_(values.mean().to(average), share.to(average))
        return before
