"""A normalising flow as the prior, learned with the model."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from vae_exp.distribution.autoregressive import Autoregressive
from vae_exp.distribution.flow import Flow as FlowDistribution
from vae_exp.distribution.positive import bounded_exp


class Flow(nn.Module):
    """p(z) is the law of z = loc + scale · T(u), u ~ N(0, I), see ``Flow`` in
    ``vae_exp.distribution.flow``; loc, scale and T are learned. No closed-form KL.

    Training asks for densities alone, which take one pass through the networks of T; a sample takes
    Z. The mean is an average over points that are always the same.

    Args:
        z_dim: Z.
        kind: ``maf`` or ``spline``, see ``Autoregressive``.
        transforms: how many maps T is made of.
        hidden: the widths of their networks.

    Raises:
        ValueError: a number out of its range, or zuko is not installed.
    Source: see ``Autoregressive``; as a prior: Chen et al. 2016, arXiv 1611.02731.
    """

    def __init__(
        self,
        z_dim: int,
        kind: Literal["maf", "spline"],
        transforms: int,
        hidden: Sequence[int],
    ):
        super().__init__()
        self.loc = nn.Parameter(torch.zeros(z_dim))
        self.log_scale = nn.Parameter(torch.zeros(z_dim))
        self.bijection = Autoregressive(kind, z_dim, 0, transforms, hidden, "prior")

    def forward(self) -> FlowDistribution:
        """p(z), batch (), event (Z,)."""
        return FlowDistribution(self.bijection, self.loc, bounded_exp(self.log_scale), None)
