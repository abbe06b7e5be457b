"""Vectors from probabilistic principal component analysis, whose likelihood is known."""

import torch
from torch.distributions import LowRankMultivariateNormal

from vae_exp.data import Binarize, seeded
from vae_exp.data.synthetic import Synthetic, positive, tables_fit


class PPCA(Synthetic):
    """x = W z + μ + σ ε, with z ~ N(0, 1) and ε ~ N(0, 1): so x ~ N(μ, W Wᵀ + σ² 1).

    The linear VAE (``network=linear``, one Gaussian scale) has this model among its members, so its
    test log-likelihood is to come near ``known_log_likelihood``. These data are not in [0, 1]: the
    scale had better start at 1 (``decoder.scale_value=1``).

    Args:
        dimensions: D, of x.
        latents: K, of z.
        sigma: σ.
        size: how many to draw in all.
        validation_size, test_size: how many of them to hold out.
        binarize: ``none`` or ``auto``.
        seed: of W and μ, which are standard normal, of the draws and of the splits.

    Shapes: W (D, K), μ (D,), x (D,).
    Raises:
        ValueError: a number out of range.
    Source: Tipping and Bishop 1999, "Probabilistic Principal Component Analysis".
    """

    def __init__(
        self,
        dimensions: int,
        latents: int,
        sigma: float,
        size: int,
        validation_size: int,
        test_size: int,
        binarize: Binarize,
        seed: int,
    ):
        positive(dimensions=dimensions, latents=latents, sigma=sigma, size=size)
        tables_fit(size, dimensions=dimensions, latents=latents)
        generator = seeded(seed)

        def normal(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator, dtype=torch.float64)

        W, loc = normal(dimensions, latents), normal(dimensions)
        z, noise = normal(size, latents), normal(size, dimensions)
        self.p_x = LowRankMultivariateNormal(
            loc, W, torch.full_like(loc, sigma**2), validate_args=False
        )
        x = z @ W.T + loc + sigma * noise
        super().__init__(x.float(), None, validation_size, test_size, binarize, seed)

    def known_log_likelihood(self, split: str) -> float:
        """log N(x; μ, W Wᵀ + σ² 1), averaged over the split, in nats."""
        return self.p_x.log_prob(self.values[split].double().cpu()).mean().item()
