"""Bias and spread of the KL estimators on two Gaussians."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.distributions import Independent, Normal

from vae_exp.cli.progress import EvaluationProgress
from vae_exp.kl import KLEstimator
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.schulman import Schulman
from vae_exp.kl.schulman_k3 import SchulmanK3
from vae_exp.reproduction import Outcome

Estimator = Literal["monte_carlo", "schulman", "schulman_k3"]
ESTIMATORS: dict[Estimator, type[KLEstimator]] = {
    "monte_carlo": MonteCarlo,
    "schulman": Schulman,
    "schulman_k3": SchulmanK3,
}
AT_ONCE = 1_000_000
SEED = 0


class SchulmanTables:
    """KL(q ‖ p) for q = N(μ, 1) and p = N(0, 1), which is μ²/2, from samples of q.

    Args:
        source: where the tables stand.
        samples: N, for each row.
        rows: μ, the estimator, and its bias and standard deviation, both divided by the true KL.
        standard_errors: how many of ours the numbers may lie apart.
    """

    def __init__(
        self,
        source: str,
        samples: int,
        rows: list[tuple[float, Estimator, float, float]],
        standard_errors: float,
    ):
        self.source = source
        self.samples = samples
        self.rows = rows
        self.standard_errors = standard_errors

    @property
    def target(self) -> str:
        return "closed form"

    def __call__(
        self, recipe: str, folder: Path, overrides: list[str], seeds: list[int] | None = None
    ) -> list[Outcome]:
        """Sample and compare. Nothing is trained: only ``recipe``'s own numbers are used."""
        outcomes: list[Outcome] = []
        with EvaluationProgress("sampling") as progress:
            for number, row in enumerate(self.rows):
                progress("estimators", number / len(self.rows))
                outcomes += self.compare(*row)
        return outcomes

    def compare(
        self, mu: float, estimator: Estimator, bias: float, std: float
    ) -> Iterator[Outcome]:
        """A row's two numbers beside ours."""
        measured = relative_moments(ESTIMATORS[estimator]("auto"), mu, self.samples)
        for moment, published in {"bias": bias, "std": std}.items():
            reached, stderr = measured[moment]
            good = abs(reached - published) <= self.standard_errors * stderr
            yield Outcome(
                what=f"{estimator} {moment}, μ={mu}",
                published=published,
                reached=reached,
                stderr=stderr,
                good=good,
                verdict="reached" if good else "missed",
            )


def relative_moments(
    estimator: KLEstimator, mu: float, samples: int
) -> dict[str, tuple[float, float]]:
    """``bias`` and ``std`` of an estimator over the true KL, each with its standard error."""
    one, zero = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    q, p = Independent(Normal(mu * one, one), 1), Independent(Normal(zero, zero + 1), 1)
    generator = torch.Generator().manual_seed(SEED)
    kl = mu**2 / 2
    parts: list[Tensor] = []
    for start in range(0, samples, AT_ONCE):
        count = min(AT_ONCE, samples - start)
        noise = torch.randn(count, 1, 1, dtype=torch.float64, generator=generator)
        parts.append(estimator(q, p, mu + noise).flatten() / kl)
    estimate = torch.cat(parts)  # (N,)
    mean, variance = estimate.mean().item(), estimate.var().item()
    spread = (estimate - mean).square().var().item()  # of the squared deviation
    return {
        "bias": (mean - 1, math.sqrt(variance / samples)),
        # of a root the relative error is half that of the square
        "std": (math.sqrt(variance), math.sqrt(spread / samples) / 2 / math.sqrt(variance)),
    }
