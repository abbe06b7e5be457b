"""Autoregressive maps between noise and latents, from zuko."""

from collections.abc import Sequence
from types import ModuleType
from typing import Literal

from torch import Tensor, nn
from torch.distributions import Distribution


class Autoregressive(nn.Module):
    """A composition of maps y_d = f(x_d; x_<d, context), f increasing in x_d.

    One direction takes one pass through a masked network, the other Z. ``maf`` (f affine) and
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
        transform = self.layers(context)
        if sampling != self.samples_in_one_pass:
            transform = transform.inv
        return transform.call_and_ladj(value)


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
