"""A product over components, of which only those that are observed count."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent


class Observed(Independent):
    """p(x_obs) = Π_i p_i(x_i) over the components i of x that are not NaN.

    The others are summed out, which of independent components leaves nothing.

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
        # no NaN may get into the density: its gradient would be NaN even where it is left out
        log_prob = self.base_dist.log_prob(x.masked_fill(missing, self.inside))
        event = tuple(range(-self.reinterpreted_batch_ndims, 0))
        return torch.where(missing, 0.0, log_prob).sum(event)
