"""How many of their values discrete latents make use of."""

from typing import Any

from torch import Tensor

from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.evaluation.latents import Latents


def code_usage(latents: Latents) -> dict[str, Any]:
    """The perplexity exp H(q(z_n)) of each variable, q(z_n) = E_x[q(z_n|x)] over the data.

    From 1, where a variable always has one value, to K, where it has all of them as often.

    Returns:
        nothing where the latents are no codes, and else ``perplexity_per_latent``, of each
        variable, and ``code_perplexity``, their average.
    """
    if not (usage := usage_of_values(latents)):
        return {}
    each = [perplexity(q).item() for q in usage]
    return {"perplexity_per_latent": each, "code_perplexity": sum(each) / len(each)}


def usage_of_values(latents: Latents) -> list[Tensor]:
    """E_x[q(z_n = k|x)] of each variable, N of (K_n,); none where the latents are no codes."""
    if not isinstance(latents.support, LatentCodes):
        return []
    return [q.double().mean(0) for q in latents.support.probabilities(latents.means)]


def perplexity(q: Tensor) -> Tensor:
    """exp H(q) of probabilities (K,), a scalar."""
    return (-q.xlogy(q).sum()).exp()
