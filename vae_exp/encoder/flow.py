"""The posterior of a normalising flow."""

from collections.abc import Callable, Sequence
from typing import Literal

from torch import Tensor, nn

from vae_exp.distribution.autoregressive import Autoregressive
from vae_exp.distribution.flow import Flow as FlowDistribution
from vae_exp.distribution.positive import bounded_exp
from vae_exp.encoder import Encoder


class Flow(Encoder):
    """q(z|x) is the law of z = loc(x) + scale(x) · T(u; c(x)), u ~ N(0, I), see ``Flow`` in
    ``vae_exp.distribution.flow``: T = identity is the Gaussian posterior.

    loc, log scale and the context c are outputs of the network; T is a composition of
    autoregressive maps that depend on c. The scale stays within (9e-4, 1.1e3). The mean of q(z|x)
    has no closed form and is an average over points that are always the same.

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
        kind: ``iaf`` samples in one pass, and knows the density of its own samples at once, but
            takes Z passes for that of other values; ``maf`` and ``spline`` have any density in
            one pass and take Z for a sample.
        transforms: how many maps T is made of.
        hidden: the widths of their networks.
        context: the size of c.

    Raises:
        ValueError: a number out of its range, or zuko is not installed.
    Source: see ``Autoregressive``.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        kind: Literal["maf", "spline", "iaf"],
        transforms: int,
        hidden: Sequence[int],
        context: int,
    ):
        if context < 1:
            raise ValueError(f"encoder.context: expected a positive number, got {context}")
        super().__init__(x_shape, z_dim, 2 * z_dim + context, network)
        self.sizes = (z_dim, z_dim, context)
        self.bijection = Autoregressive(kind, z_dim, context, transforms, hidden, "encoder")

    def forward(self, x: Tensor, *seen: Tensor) -> FlowDistribution:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        loc, log_scale, context = self.outputs(x, *seen).split(self.sizes, dim=-1)
        return FlowDistribution(self.bijection, loc, bounded_exp(log_scale), context)
