"""Factors that are known, and codes that know them, or something else."""

import torch

COUNTS = (3, 4, 25)


def draw_factors(size, seed=0, counts=COUNTS):
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randint(k, (size,), generator=generator) for k in counts], 1)


def rotated(factors):
    """The same of unit variance, each latent a mixture of all, each factor in two alike."""
    rotation = torch.tensor([[2.0, 2.0, -1.0], [-1.0, 2.0, 2.0], [2.0, -1.0, 2.0]]) / 3
    spread = torch.tensor([((k**2 - 1) / 12) ** 0.5 for k in COUNTS])
    return factors / spread @ rotation
