"""The Student t likelihood, for real data with tails of a chosen or learned weight."""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from vae_exp.decoder.location_scale import LocationScale
from vae_exp.distribution.student_t import StudentT as StudentTDistribution

# a mean exists above 1; at 100 it is a Gaussian for all purposes but float32's lgamma
MIN_DF, MAX_DF = 1.0, 100.0


class StudentT(LocationScale):
    """p(x|z) = Π_i t_df((x_i − loc_i(z)) / scale_i) / scale_i, t_df(r) ∝ (1 + r²/df)^(−(df + 1)/2).

    Args:
        x_shape, z_dim, network, scale, scale_value, min_scale: see ``LocationScale``.
        df: the degrees of freedom, above 1 and below 100, or where learned ones start.
        learn_df: whether df is learned, one number for all components; it stays within (1, 100).

    Raises:
        ValueError: a scale or ``df`` out of its range; ``scale`` is ``optimal``.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        scale: Literal["fixed", "shared", "per_pixel", "optimal"],
        scale_value: float,
        min_scale: float,
        df: float,
        learn_df: bool,
    ):
        if not MIN_DF < df < MAX_DF:
            raise ValueError(
                f"decoder.df: expected a number above {MIN_DF:g} and below {MAX_DF:g}, got {df}; "
                "with less there is no mean, with more it is decoder=gaussian"
            )
        super().__init__(x_shape, z_dim, network, scale, scale_value, min_scale)
        share = (df - MIN_DF) / (MAX_DF - MIN_DF)
        logit = torch.tensor(math.log(share) - math.log1p(-share))
        if learn_df:
            self.df_logit = nn.Parameter(logit)
        else:
            self.register_buffer("df_logit", logit)

    def family(self, loc: Tensor, scale: Tensor, validate_args: bool) -> StudentTDistribution:
        df = MIN_DF + (MAX_DF - MIN_DF) * self.df_logit.sigmoid()
        return StudentTDistribution(df, loc, scale, validate_args=validate_args)
