"""The score function with a baseline from the other samples of the same datum."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.expectation import Weighing
from vae_exp.expectation.log_derivative import LogDerivative, per_datum, score


class VIMCO(LogDerivative):
    """∂ E_q[L] = E_q[∂ L + Σ_s (L − L_{−s}) ∂ log q(z_s|x)], L a function of all S samples.

    L_{−s} is L with log w_s replaced by the average of the others' (w_s by their geometric mean),
    which does not depend on z_s, so that the gradient is unbiased. Of an average over samples, as
    the ELBO is, this is the baseline of the other samples' average.

    Source: Mnih and Rezende 2016, "Variational inference for Monte Carlo objectives",
        arXiv 1602.06725.
    """

    gradient = "vimco"

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        super().check(decoder, kl, objective)
        if objective.samples < 2:
            raise ValueError(
                "objective.samples: expected 2 or more for encoder.gradient=vimco, which compares "
                f"the samples of a datum, got {objective.samples}"
            )

    def bound(
        self, of: Callable[[Tensor], Tensor], log_w: Tensor, q_z: Distribution, z: Tensor
    ) -> Tensor:
        value, constant = of(log_w), log_w.detach()
        samples = len(constant)
        replaced = constant.unsqueeze(1).repeat(1, samples, 1)  # (S, S, B), the second the missing
        replaced.diagonal().copy_(self.baseline(constant, "bound").mT)
        without = per_datum(of(replaced.flatten(1))).view(samples, -1)  # L_{−s}: (S, B)
        signal = per_datum(value).detach() - without
        return value + (signal * score(q_z.log_prob(z))).sum(0)

    def baseline(self, values: Tensor, term: str) -> Tensor:
        """The average over the other samples, for each of (S, *)."""
        return (values.sum(0) - values) / (len(values) - 1)
