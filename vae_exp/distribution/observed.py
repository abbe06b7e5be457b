"""A product over components, of which only those that are observed count."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent


class Observed(Independent):
    """p(x_obs) = Π_i p_i(x_i) over the components i of x that are not NaN.

    The others are summed out, which of independent components leaves nothing.

    Where p_i depends on other components of x, or on the whole batch, ``components.at(x)`` is what
    it is for x, by what is observed of it.

    Args:
        components: p_i, batch (*, X).
        event_ndims: of X.
        inside: a value where each p_i is finite, with its gradient.
    """

    def __init__(self, components: Distribution, event_ndims: int, inside: float):
        super().__init__(components, event_ndims, validate_args=False)
        self.inside = inside

    def log_prob(self, x: Tensor) -> Tensor:
        missing = x.isnan()
        components = given(self, x).base_dist
        # no NaN may get into the density: its gradient would be NaN even where it is left out
        log_prob = components.log_prob(x.masked_fill(missing, self.inside))
        event = tuple(range(-self.reinterpreted_batch_ndims, 0))
        return torch.where(missing, 0.0, log_prob).sum(event)


def given(p_x: Distribution, x: Tensor) -> Distribution:
    """p(x|z, x_obs) of all components, batch (*,), for those of x (*, X) that are not NaN."""
    at = getattr(getattr(p_x, "base_dist", None), "at", None)
    return p_x if at is None else Independent(at(x), len(p_x.event_shape), validate_args=False)
