"""Autoregressive maps between noise and latents, from zuko."""

from collections.abc import Sequence
from types import ModuleType
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional


class Autoregressive(nn.Module):
    """A composition of maps y_d = f(x_d; x_<d, context), f increasing in x_d.

    One direction takes one pass through a masked network, the other Z, each of which works out one
    dimension. ``maf`` (f affine) and
    ``spline`` (f a rational-quadratic spline within [−5, 5], the identity outside) have the density
    in one pass and sample in Z; ``iaf`` is maf the other way round. The order of the dimensions
    alternates.

    Args:
        kind: ``maf``, ``spline`` or ``iaf``.
        z_dim: Z.
        context: how many numbers the maps depend on, 0 for none.
        transforms: how many maps.
        hidden: the widths of their networks.
        group: whose keys these are, for messages.

    Raises:
        ValueError: a number out of its range, or zuko is not installed.
    Source: maf: Papamakarios et al. 2017, arXiv 1705.07057; spline: Durkan et al. 2019,
        arXiv 1906.04032; iaf: Kingma et al. 2016, arXiv 1606.04934.
    """

    def __init__(
        self,
        kind: Literal["maf", "spline", "iaf"],
        z_dim: int,
        context: int,
        transforms: int,
        hidden: Sequence[int],
        group: str,
    ):
        super().__init__()
        if transforms < 1:
            raise ValueError(f"{group}.transforms: expected a positive number, got {transforms}")
        if not all(width > 0 for width in hidden):
            raise ValueError(f"{group}.hidden: expected positive widths, got {list(hidden)}")
        flows = _zuko_flows(group)
        family = flows.NSF if kind == "spline" else flows.MAF
        flow = family(z_dim, context, transforms=transforms, hidden_features=list(hidden))
        self.layers = flow.transform
        # which dimension depends on none, on one, ...; none of them has an order if Z = 1
        self.orders = [
            layer.order.argsort().tolist() if hasattr(layer, "order") else None
            for layer in self.layers.transforms
        ]
        self.samples_in_one_pass = kind == "iaf"
        if z_dim == 1 and not context:
            # with nothing to depend on, zuko has bare numbers, which start anywhere
            for parameter in self.layers.parameters():
                nn.init.zeros_(parameter)

    def forward(
        self, value: Tensor, context: Tensor | None, sampling: bool
    ) -> tuple[Tensor, Tensor]:
        """The map of ``value`` (*, Z), from noise to latents if ``sampling``, else from latents to
        noise, and log |det| of its derivative, (*,)."""
        if sampling == self.samples_in_one_pass:
            return self.layers(context).call_and_ladj(value)
        total = 0.0
        for layer, order in zip(reversed(self.layers.transforms), reversed(self.orders)):
            if order is None:
                value, log_det = layer(context).inv.call_and_ladj(value)
            else:
                value, log_det = _invert(layer, order, value, context)
            total = total + log_det
        return value, total


def _invert(
    layer: nn.Module, order: list[int], y: Tensor, context: Tensor | None
) -> tuple[Tensor, Tensor]:
    """x, (*, Z), that the layer maps to y, and log |det ∂x/∂y|: Z passes, each of which asks its
    network for the map of one dimension alone; all of them each time would be Z times the work."""
    from zuko.utils import unpack

    *hidden, last = layer.hyper
    weight = last.mask * last.weight
    x = torch.zeros_like(y)
    log_dets = []
    for d in order:
        h = x
        if context is not None:
            h = torch.cat([x, context.expand(*x.shape[:-1], -1)], -1)
        for module in hidden:
            h = module(h)
        own = slice(d * layer.total, (d + 1) * layer.total)  # its rows of the last layer
        phi = functional.linear(h, weight[own], last.bias[own])
        transform = layer.univariate(*unpack(phi, layer.shapes))
        x_d = transform.inv(y[..., d])
        x = torch.cat([x[..., :d], x_d.unsqueeze(-1), x[..., d + 1 :]], -1)
        log_dets.append(-transform.log_abs_det_jacobian(x_d, y[..., d]))
    return x, torch.stack(log_dets, -1).sum(-1)


def _zuko_flows(group: str) -> ModuleType:
    """zuko, imported when it is needed: it is an extra."""
    validated = Distribution._validate_args
    try:
        from zuko import flows
    except ImportError as error:
        raise ValueError(
            f"{group}: expected the package zuko for {group}=flow, found none; "
            "pip install 'vae_exp[flows]'"
        ) from error
    # importing zuko turns torch's checks off for every distribution of the process
    Distribution.set_default_validate_args(validated)
    return flows
