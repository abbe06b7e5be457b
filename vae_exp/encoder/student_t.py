"""The posterior with tails as heavy as wanted."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Independent

from vae_exp.distribution.positive import bounded_exp, shifted_softplus
from vae_exp.distribution.student_t import StudentT as StudentTDistribution
from vae_exp.encoder import Encoder

LEAST_DF = 2.01  # the variance, scale² df / (df − 2), is finite above 2


class StudentT(Encoder):
    """q(z|x) = Π_d t(z_d | df, loc_d(x), scale_d(x)), loc and log scale from one network.

    With df = ∞ it would be the Gaussian posterior; the smaller df, the heavier the tails. The scale
    stays within (9e-4, 1.1e3).

    Args:
        x_shape: X, the event shape of the data.
        z_dim: Z.
        network: ``network(in_shape, out_shape)`` is a module between those shapes.
        df: the degrees of freedom, or where they start.
        learn_df: whether they are learned, one number for each dimension and all data.

    Raises:
        ValueError: ``z_dim`` is not positive, or ``df`` not above 2.01.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        z_dim: int,
        network: Callable[[tuple[int, ...], tuple[int, ...]], nn.Module],
        df: float,
        learn_df: bool,
    ):
        if not LEAST_DF < df < float("inf"):
            raise ValueError(
                f"encoder.df: expected a number above {LEAST_DF}, so that there is a variance, "
                f"got {df}"
            )
        super().__init__(x_shape, z_dim, 2 * z_dim, network)
        self.start = df
        raw = torch.zeros(z_dim)
        if learn_df:
            self.raw_df = nn.Parameter(raw)
        else:
            self.register_buffer("raw_df", raw)

    def forward(self, x: Tensor, *seen: Tensor) -> Independent:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        loc, log_scale = self.outputs(x, *seen).chunk(2, dim=-1)
        df = shifted_softplus(LEAST_DF, self.start, self.raw_df)
        q_z = StudentTDistribution(df, loc, bounded_exp(log_scale), validate_args=False)
        return Independent(q_z, 1, validate_args=False)
