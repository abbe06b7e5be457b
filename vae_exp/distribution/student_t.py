"""Student's t as torch has it, but for a check that waits for the device."""

import torch
from torch import Size, Tensor
from torch import distributions as torch_distributions
from torch.distributions import Distribution, Gamma
from torch.distributions.utils import broadcast_all


class StudentT(torch_distributions.StudentT):
    """t(df, loc, scale), with densities and samples of ``torch.distributions.StudentT``.

    torch's checks the χ² variable that it is made of even with ``validate_args=False``, and that
    waits for the device at every step.

    Args:
        df: the degrees of freedom, positive.
        loc: the location.
        scale: the scale, positive.
        validate_args: whether the arguments are checked; by default as torch's distributions.
    """

    def __init__(
        self,
        df: Tensor | float,
        loc: Tensor | float = 0.0,
        scale: Tensor | float = 1.0,
        validate_args: bool | None = None,
    ):
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        # χ², with a rate that a device need not be sent
        rate = torch.full_like(self.df, 0.5)
        self._chi2 = Gamma(0.5 * self.df, rate, validate_args=validate_args)
        Distribution.__init__(self, self.df.size(), validate_args=validate_args)

    def expand(self, batch_shape: Size, _instance: "StudentT | None" = None) -> "StudentT":
        return super().expand(batch_shape, self._get_checked_instance(StudentT, _instance))
