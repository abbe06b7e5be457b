"""The score function with a baseline from the other samples of the same datum."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.expectation import Expectation, Weighing, refuse_coupled
from vae_exp.expectation.score_function import per_datum, score


class VIMCO(Expectation):
    """∂ E_q[L] = E_q[∂ L + Σ_s (L − L_{−s}) ∂ log q(z_s|x)], L a function of all S samples.

    L_{−s} is L with log w_s replaced by the average of the others' (w_s by their geometric mean),
    which does not depend on z_s, so that the gradient is unbiased. Of an average over samples, as
    the ELBO is, this is the baseline of the other samples' average.

    Source: Mnih and Rezende 2016, "Variational inference for Monte Carlo objectives",
        arXiv 1602.06725.
    """

    reparametrised = False

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        refuse_coupled(decoder, kl, objective, "vimco")
        if objective.samples < 2:
            raise ValueError(
                "objective.samples: expected 2 or more for encoder.gradient=vimco, which compares "
                f"the samples of a datum, got {objective.samples}"
            )

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
        return values + (constant - of_the_others(constant)) * score(log_q)

    def bound(
        self, of: Callable[[Tensor], Tensor], log_w: Tensor, q_z: Distribution, z: Tensor
    ) -> Tensor:
        value, constant = of(log_w), log_w.detach()
        samples = len(constant)
        replaced = constant.unsqueeze(1).repeat(1, samples, 1)  # (S, S, B), the second the missing
        replaced.diagonal().copy_(of_the_others(constant).mT)
        without = per_datum(of(replaced.flatten(1))).view(samples, -1)  # L_{−s}: (S, B)
        signal = per_datum(value).detach() - without
        return value + (signal * score(q_z.log_prob(z))).sum(0)


def of_the_others(values: Tensor) -> Tensor:
    """The average over the other samples, for each of (S, *)."""
    return (values.sum(0) - values) / (len(values) - 1)
