"""What a trained model is worth on held-out data: its ELBO and log-likelihood."""

import math
from typing import Literal

import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.kl import reported_kl
from vae_exp.randomness import aside
from vae_exp.vae import VAE


class Evaluation:
    """Numbers over a whole split, in nats per datum, from K samples of z for each datum.

        log p(x) ≈ log 1/K Σ_k p(x|z_k) p(z_k) / q(z_k|x),    z_k ~ q(z|x)

    a lower bound in expectation that rises to log p(x) with K. ELBO and log-likelihood share
    their samples. The noise is the same for every model and every call.

    Args:
        importance_samples: K.
        weights: evaluate the ``best`` weights by validation ELBO, or the ``last``.
        max_elements: how many numbers of x may be held at once, which bounds the memory.

    Raises:
        ValueError: a number out of its range.
    Source: Burda, Grosse and Salakhutdinov 2015, arXiv 1509.00519.
    """

    def __init__(
        self, importance_samples: int, weights: Literal["best", "last"], max_elements: int
    ):
        for key, value in {
            "importance_samples": importance_samples,
            "max_elements": max_elements,
        }.items():
            if value < 1:
                raise ValueError(f"evaluation.{key}: expected a positive number, got {value}")
        self.importance_samples = importance_samples
        self.weights = weights
        self.max_elements = max_elements

    @torch.no_grad()
    def __call__(self, vae: VAE, data: Data, split: str = "test") -> dict[str, float]:
        """``elbo``, ``kl``, ``reconstruction_loss``, ``log_likelihood`` and its standard error."""
        vae.eval()
        size = math.prod(data.shape)
        samples = max(1, min(self.importance_samples, self.max_elements // size))
        batch_size = max(1, self.max_elements // (size * samples))
        with aside(data.device):
            batches = [self._batch(vae, x, samples) for x in data.batches(split, batch_size)]
        reconstruction_loss, kl, log_likelihood = torch.cat(batches, dim=1).cpu().double()  # (N,)
        return {
            "elbo": (-reconstruction_loss - kl).mean().item(),
            "kl": kl.mean().item(),
            "reconstruction_loss": reconstruction_loss.mean().item(),
            "log_likelihood": log_likelihood.mean().item(),
            "log_likelihood_stderr": (log_likelihood.std() / len(log_likelihood) ** 0.5).item(),
        }

    def _batch(self, vae: VAE, x: Tensor, samples: int) -> Tensor:
        """Reconstruction loss, KL and log-likelihood of each datum: (3, B)."""
        q_z, p_z = vae.encoder(x), vae.prior()
        log_p_x, log_weight, kl = [], [], []
        for start in range(0, self.importance_samples, samples):
            z = q_z.sample((min(samples, self.importance_samples - start),))  # (S, B, Z)
            log_p_x.append(vae.decoder(z).log_prob(x))  # (S, B)
            log_weight.append(log_p_x[-1] + p_z.log_prob(z) - q_z.log_prob(z))
            kl.append(reported_kl(q_z, p_z, z).expand(log_p_x[-1].shape))
        log_likelihood = torch.cat(log_weight).logsumexp(0) - math.log(self.importance_samples)
        return torch.stack([-torch.cat(log_p_x).mean(0), torch.cat(kl).mean(0), log_likelihood])
