"""A likelihood of its own for each column of a table."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, LogNormal, Normal, constraints

from vae_exp.decoder import Decoder
from vae_exp.decoder.bernoulli import MEANS
from vae_exp.decoder.negative_binomial import NegativeBinomialDistribution
from vae_exp.decoder.poisson import PoissonDistribution
from vae_exp.decoder.rate import log_rate
from vae_exp.distribution.bits import Bits
from vae_exp.distribution.codes import Codes
from vae_exp.distribution.ordinal import Ordinal
from vae_exp.distribution.positive import bounded_exp, shifted_softplus
from vae_exp.distribution.side_by_side import SideBySide
from vae_exp.distribution.variable import OfVariables, Variable

OF_SCALE = ("continuous", "positive")


class Mixed(Decoder):
    """p(x|z) = Π_d p_d(x_d|z), by the type of each column:

        continuous  N(x | m + s loc(z), (s σ)²)          positive  the same of log x, over x
        count       negative binomial or Poisson of mean exp(outputs)
        category    softmax(outputs) at the category      yes/no    Bernoulli(σ(output))
        ordinal     P(x ≤ k) = σ(t_k − loc(z)), with learned thresholds t_0 < t_1 < ...

    m and s are mean and deviation of the column, or of its logarithm, in the training data. The
    mean of a category is the most probable one; of an ordinal it is that of the places 0, 1, ...

    Args:
        x_shape: (D,).
        z_dim, network: see ``Decoder``.
        scale: σ is a learned number for each column, ``per_component``, or an output of the
            ``network``; in standard deviations of the column.
        scale_value: where σ starts.
        min_scale: σ does not get below.
        counts: ``negative_binomial``, with a learned dispersion for each column, or ``poisson``.
        variables: the columns; without any all numbers are continuous.

    Raises:
        ValueError: x is no vector, or a scale is out of its range.
    Source: Nazabal et al. 2018, "Handling incomplete heterogeneous data using VAEs",
        arXiv 1807.03653.
    """

    inside = 1.0  # of every type

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        scale: Literal["per_component", "network"],
        scale_value: float,
        min_scale: float,
        counts: Literal["negative_binomial", "poisson"],
        variables: Sequence[Variable] = (),
    ):
        if len(x_shape) != 1:
            raise ValueError(
                f"decoder: expected vectors for decoder=mixed, got data of shape {tuple(x_shape)}; "
                "use another decoder"
            )
        if not 0 < min_scale < scale_value < math.inf:
            raise ValueError(
                "decoder.min_scale: expected a number between 0 and decoder.scale_value "
                f"({scale_value}), got {min_scale}"
            )
        self.support = OfVariables(variables) if variables else constraints.real
        variables = variables or [Variable(str(d), "continuous") for d in range(x_shape[0])]
        places = {
            v.type: [d for d, w in enumerate(variables) if w.type == v.type] for v in variables
        }
        # a category or an ordinal has a distribution of its own, all else goes by type
        self.groups = [
            (kind, group)
            for kind, all_of_it in places.items()
            for group in (
                [[d] for d in all_of_it] if kind in ("category", "ordinal") else [all_of_it]
            )
        ]
        # what of the likelihood's own comes from the network, or is not there
        of_network = {
            "count": counts == "poisson",
            **dict.fromkeys(OF_SCALE, scale == "network"),
        }
        self.sizes = [
            sum(variables[d].width for d in group)
            * (2 if scale == "network" and kind in OF_SCALE else 1)
            for kind, group in self.groups
        ]
        super().__init__((sum(self.sizes),), z_dim, network)
        self.outputs = -(-sum(self.sizes) // len(variables))  # for those who ask what it takes
        self.counts, self.start, self.minimum = counts, scale_value, min_scale
        order = torch.tensor([d for _, group in self.groups for d in group]).argsort()
        self.register_buffer("order", order, persistent=False)
        for n, (kind, group) in enumerate(self.groups):
            for name in ("loc", "scale"):
                numbers = torch.tensor([float(getattr(variables[d], name)) for d in group])
                self.register_buffer(f"{name}_{n}", numbers, persistent=False)
            self.register_parameter(
                f"raw_{n}", own(kind, variables[group[0]], len(group), of_network)
            )

    def components(self, *outputs: Tensor) -> SideBySide:
        each = torch.cat(outputs, -1).split(self.sizes, -1)
        parts = [
            self._part(n, kind, outputs)
            for n, ((kind, _), outputs) in enumerate(zip(self.groups, each))
        ]
        return SideBySide(parts, self.order)

    def _part(self, n: int, kind: str, outputs: Tensor) -> Distribution:
        loc, scale, raw = (getattr(self, f"{name}_{n}") for name in ("loc", "scale", "raw"))
        if kind in OF_SCALE:
            output, *of_network = outputs.split(len(loc), -1)
            raw = of_network[0] if of_network else raw
            family = Normal if kind == "continuous" else LogNormal
            sigma = scale * shifted_softplus(self.minimum, self.start, raw)
            return family(loc + scale * output, sigma, validate_args=False)
        if kind == "count":
            log_mean = log_rate(outputs + loc.expm1().clamp(min=1e-3).log())
            if self.counts == "poisson":
                return PoissonDistribution(log_mean.exp(), validate_args=False)
            total_count = bounded_exp(raw).expand_as(log_mean)
            logits = log_mean - total_count.log()
            return NegativeBinomialDistribution(total_count, logits=logits, validate_args=False)
        if kind == "yes/no":
            return Bits(logits=outputs + loc.clamp(*MEANS).logit(), validate_args=False)
        if kind == "category":
            return Codes(logits=outputs.unsqueeze(-2), validate_args=False)
        gaps = nn.functional.softplus(raw[1:])
        return Ordinal(outputs, torch.cat([raw[:1], gaps]).cumsum(0), gaps)


def own(
    kind: str, variable: Variable, columns: int, of_network: dict[str, bool]
) -> nn.Parameter | None:
    """The parameters that a likelihood has beside the network's outputs, where they start."""
    if kind == "ordinal":  # all grades alike
        grades = len(variable.categories)
        thresholds = torch.tensor([k / grades for k in range(1, grades)]).logit()
        return nn.Parameter(torch.cat([thresholds[:1], thresholds.diff().expm1().log()]))
    return None if of_network.get(kind, True) else nn.Parameter(torch.zeros(columns))
