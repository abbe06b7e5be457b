"""A multilayer perceptron of points of the Poincaré ball."""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from vae_exp.distribution.double import double
from vae_exp.distribution.poincare_ball import PoincareBall
from vae_exp.network import Init
from vae_exp.network.mlp import MLP


class Geodesic(MLP):
    """A multilayer perceptron whose first layer measures distances to hyperplanes of the ball.

    For a likelihood of z on the ball: network@decoder_network=geodesic with
    encoder=wrapped_normal, whose curvature it takes.

    Args:
        in_shape: (Z,), of points of the ball.
        out_shape: of the data.
        hidden, activation, dropout, normalization, gated, init: see ``MLP``; the first layer has
            an ``init`` of its own.
        curvature: c, of the ball.

    Raises:
        ValueError: a width, activation, probability or curvature out of its range.
    Source: Mathieu et al. 2019, arXiv 1901.06033.
    """

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        hidden: Sequence[int],
        activation: str,
        dropout: float,
        normalization: Literal["batch", "layer"] | None,
        gated: bool,
        init: Init,
        curvature: float,
    ):
        super().__init__(
            in_shape, out_shape, hidden, activation, dropout, normalization, gated, init
        )
        self.domain = PoincareBall.of(curvature, "network")
        first = self.layers[0]
        self.layers[0] = Hyperplanes(first.in_features, first.out_features, self.domain)


class Hyperplanes(nn.Module):
    """y_k = d(z, H_k), the distance to a hyperplane, with the sign of the side that z is on.

        √c y_k = arsinh(√c λ ⟨z, n_k⟩ cosh(√c b_k) − (λ − 1) sinh(√c b_k)),  λ = 2 / (1 − c ‖z‖²)

    H_k is made of the geodesics that meet the one from 0 along n_k, ‖n_k‖ = 1, at a right angle at
    the distance b_k from 0. As c → 0, y_k = 2 ⟨z, n_k⟩ − b_k: a linear layer of unit rows.

    It begins with n uniform on the sphere and b ~ U[−2/√Z, 2/√Z], about as in the paper's code.

    Args:
        in_features: Z.
        out_features: K.
        ball: with its curvature −c.

    Source: Ganea, Bécigneul and Hofmann 2018, arXiv 1805.09112; Mathieu et al. 2019, arXiv
        1901.06033; as one product of matrices, Shimizu, Mukuta and Harada 2020, arXiv 2006.08210.
    """

    def __init__(self, in_features: int, out_features: int, ball: PoincareBall):
        super().__init__()
        self.ball = ball
        self.normal = nn.Parameter(torch.randn(out_features, in_features))  # n, times any length
        bound = 2 / math.sqrt(in_features)
        self.offset = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))  # b

    def forward(self, z: Tensor) -> Tensor:
        """(*, K) for z (*, Z)."""
        root = self.ball.curvature**0.5
        z_, n, b = double(z), double(self.normal), double(self.offset)
        n = n / torch.linalg.vector_norm(n, dim=-1, keepdim=True)
        factor = self.ball.log_conformal(z).exp().unsqueeze(-1)  # λ_z
        along = root * factor * (z_ @ n.mT)  # of double precision, which autocast leaves alone
        sinh = along * (root * b).cosh() - (factor - 1) * (root * b).sinh()
        return sinh.to(z.dtype).asinh() / root
