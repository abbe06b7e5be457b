"""Counts, such as of words or molecules, from a Poisson model of low rank."""

import torch

from vae_exp.data import Binarize, seeded
from vae_exp.data.synthetic import Synthetic, at_least, check_rates, positive, tables_fit


class Counts(Synthetic):
    """x_d ~ Poisson(λ_d), log λ = b + W z, z ~ N(m_c, s² 1), the component c uniform and the label.

    With w_d the rows of W, the moments within a component are

        E[x_d | c] = exp(b_d + w_d·m_c + ½ s² |w_d|²),
        Var[x_d | c] = E + E² (exp(s² |w_d|²) − 1).

    Args:
        dimensions: D, of x.
        latents: K, of z.
        components: C, how many c there are.
        rate: exp b_d, the same for all d: the rate at z = 0.
        spread: s, the standard deviation of z around its component's mean.
        size: how many to draw in all.
        validation_size, test_size: how many of them to hold out.
        binarize: ``none`` or ``auto``.
        seed: of W ~ N(0, 1/K), of m ~ N(0, 1), of the draws and of the splits.

    Shapes: W (D, K), m (C, K), x (D,).
    Raises:
        ValueError: a number out of range.
    """

    kind = "counts"

    def __init__(
        self,
        dimensions: int,
        latents: int,
        components: int,
        rate: float,
        spread: float,
        size: int,
        validation_size: int,
        test_size: int,
        binarize: Binarize,
        seed: int,
    ):
        positive(dimensions=dimensions, latents=latents, components=components, rate=rate)
        positive(size=size)
        tables_fit(size, dimensions=dimensions, latents=latents, components=components)
        at_least(0, spread=spread)
        generator = seeded(seed)
        self.rate = rate
        self.weight = torch.randn(dimensions, latents, generator=generator) / latents**0.5
        self.loc = torch.randn(components, latents, generator=generator)
        labels = torch.randint(components, (size,), generator=generator)
        z = self.loc[labels] + spread * torch.randn(size, latents, generator=generator)
        rates = rate * (z @ self.weight.T).exp()
        check_rates(rates, rate=rate, spread=spread)
        x = torch.poisson(rates, generator=generator)
        super().__init__(x.int(), labels, validation_size, test_size, binarize, seed)
