"""A likelihood of standardised data as one of the data in their own units."""

from torch import Tensor, nn
from torch.distributions import constraints

from vae_exp.distribution.affine import Affine


class Standardized(nn.Module):
    """p(x|z) is the law of x = loc + scale · y, y ~ p(y|z), for components far from 0 ± 1.

    A network that begins near 0 then begins near the data, and one scale for all components is one
    in their standard deviations. Densities are those of x: log p(x|z) = log p(y|z) − Σ log scale.

    Args:
        inner: gives p(y|z), real.
        loc, scale: of shape X: mean and standard deviation of each component.
    """

    support = constraints.real

    def __init__(self, inner: nn.Module, loc: Tensor, scale: Tensor):
        super().__init__()
        self.inner = inner
        self.register_buffer("loc", loc)
        self.register_buffer("scale", scale)

    def setup(self, x: Tensor, size: int) -> None:
        """Show the likelihood of y what y is."""
        if hasattr(self.inner, "setup"):
            self.inner.setup((x - self.loc) / self.scale, size)

    @property
    def outputs(self) -> int:
        return getattr(self.inner, "outputs", 1)

    @property
    def z_dim(self) -> int | None:
        return getattr(self.inner, "z_dim", None)

    @property
    def fits_batch(self) -> bool:
        return getattr(self.inner, "fits_batch", False)

    @property
    def may_miss(self) -> bool:
        return getattr(self.inner, "may_miss", False)

    @may_miss.setter
    def may_miss(self, may_miss: bool) -> None:
        self.inner.may_miss = may_miss

    def forward(self, z: Tensor, *seen: Tensor) -> Affine:
        """p(x|z), batch (*,), event X, for z (*, Z)."""
        return Affine(self.inner(z, *seen), self.loc, self.scale)
