"""A model whose log p(x) is known, to try objectives on: p(x|z) = N(W z, σ²), z ~ N(0, I)."""

import torch
from torch import Tensor
from torch.distributions import Independent, Normal

from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.objective import Terms

SAMPLES, BATCH, Z_DIM = 8, 6, 2
SIGMA = 0.7  # of the likelihood
WEIGHTS = ((0.9, -0.4), (0.5, 0.6), (0.2, 0.3))  # of the decoder, (X, Z)


def parameters(dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """Of q(z|x) = N(A x, s²) and p(x|z) = N(W z, σ²): linear maps, and a log scale."""
    a = torch.linspace(-0.6, 0.7, 3 * Z_DIM, dtype=dtype).view(3, Z_DIM)
    return {
        "encoder's mean": a.requires_grad_(),
        "encoder's scale": torch.tensor([-0.3, 0.1], dtype=dtype, requires_grad=True),
        "decoder": torch.tensor(WEIGHTS, dtype=dtype, requires_grad=True),
    }


def terms(x: Tensor, given: dict[str, Tensor], samples: int = SAMPLES, noise: Tensor | None = None):
    """What an objective gets of a batch x (B, 3)."""
    a, log_scale, w = given.values()
    scale = log_scale.exp().expand(len(x), Z_DIM)
    q_z = Independent(Normal(x @ a, scale, validate_args=False), 1, validate_args=False)
    zeros = torch.zeros(Z_DIM, dtype=x.dtype, device=x.device)
    p_z = Independent(Normal(zeros, zeros + 1, validate_args=False), 1, validate_args=False)
    z = q_z.rsample((samples,)) if noise is None else x @ a + scale * noise

    def decoder(z: Tensor) -> Independent:
        return Independent(Normal(z @ w.T, SIGMA, validate_args=False), 1, validate_args=False)

    kl = MonteCarlo("auto")
    p_x = decoder(z)
    return Terms(x, q_z, p_z, p_x, z, -p_x.log_prob(x), kl(q_z, p_z, z), kl, decoder)


def data(count: int = BATCH) -> Tensor:
    """x (B, 3)."""
    return torch.linspace(-1.5, 1.7, 3 * count, dtype=torch.float64).sin().view(count, 3) * 1.3


def log_likelihood(x: Tensor) -> Tensor:
    """log p(x), (B,), which is known."""
    w = torch.tensor(WEIGHTS, dtype=torch.float64)
    covariance = w @ w.T + SIGMA**2 * torch.eye(3, dtype=torch.float64)
    return torch.distributions.MultivariateNormal(torch.zeros(3).double(), covariance).log_prob(x)
