"""Likelihoods p(x|z): ``decoder(z)``, z (*, Z), returns batch (*,), event X. One a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.distributions import Distribution, Independent, constraints

from vae_exp.distribution.observed import Observed


class Decoder(nn.Module):
    """p(x|z) = Π_i p(x_i | outputs_i(z)), the outputs from a network, so many for each x_i.

    A subclass says what the outputs mean, in ``components``, and how many ``outputs`` a component
    takes (where that depends on arguments, before it calls this constructor). ``support``, of
    the class or of the part, is a constraint as in ``torch.distributions.constraints``: where a
    component lives; data are compared with it. ``fits_batch`` where p(x|z) depends on the batch
    whose density is asked, all of its samples of z together. What p(x|z) sees besides z, such as a
    condition c, comes behind it, and goes to the network.

    Components of x that are not observed are NaN, and p(x|z) is that of the others. Where x is
    complete, ``may_miss`` false saves time. ``inside`` is a value where the density is finite.
    ``product`` is the class of Π_i where x is complete: a family may know a shorter way to its log.

    Args:
        x_shape: X, the event shape of the data: an image (C, H, W), a sequence (T, F) or a
            vector (D,).
        z_dim: how many of the latents the likelihood sees, the first ones.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
    """

    support: constraints.Constraint
    network: nn.Module
    outputs = 1
    fits_batch = False
    may_miss = True
    inside: float = 0.0
    product: type[Independent] = Independent

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
    ):
        super().__init__()
        self.z_dim, self.event_ndims = z_dim, len(x_shape)
        # images have their channels first, sequences and vectors their features last
        self.axis = -3 if len(x_shape) == 3 else -1
        out_shape = list(x_shape)
        out_shape[self.axis] *= self.outputs
        self.network = network((z_dim,), tuple(out_shape))

    def forward(self, z: Tensor, *seen: Tensor) -> Independent:
        """p(x|z), batch (*,), event X, for z (*, Z)."""
        outputs = self.network(z[..., : self.z_dim], *seen)
        p_x = self.components(*outputs.chunk(self.outputs, dim=self.axis))
        if self.may_miss:
            return Observed(p_x, self.event_ndims, self.inside)
        return self.product(p_x, self.event_ndims, validate_args=False)

    def components(self, *outputs: Tensor) -> Distribution:
        """The distribution of each component, batch (*, X), from outputs of shape (*, X)."""
        raise NotImplementedError


@contextmanager
def observing(decoder: Any, x: Tensor) -> Iterator[None]:
    """Meanwhile p(x|z) is that of what is not NaN of x, also where training data are complete, of
    which ``may_miss`` says that the likelihood need not look."""
    told = getattr(decoder, "may_miss", True)
    if told or not x.isnan().any():
        yield
        return
    decoder.may_miss = True
    try:
        yield
    finally:
        decoder.may_miss = told
