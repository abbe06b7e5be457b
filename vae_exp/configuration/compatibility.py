"""Whether the chosen parts and the data fit together, decided before training by trying them."""

import math

import torch
from torch import Tensor
from torch.distributions import constraints
from torch.func import functional_call

from vae_exp.configuration.contracts import check_distributions, check_estimate
from vae_exp.data import SPLITS, Data
from vae_exp.distribution.space import equal, same_space, space
from vae_exp.kl import family
from vae_exp.runtime.evaluating import evaluating
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

ELEMENTS = 1_000_000  # numbers of the data that are looked at together


@torch.no_grad()
def check_support(support: constraints.Constraint, data: Data) -> None:
    """See that every datum of every split lies in the support of the likelihood.

    Of a split whose noise is new in every batch one part tells: bits are 0 or 1, and dequantised
    levels between 0 and 1, whatever the datum is. It leaves no trace in the random numbers.

    Raises:
        ValueError: with the first value outside it, and the key to change.
    """
    size = max(1, ELEMENTS // math.prod(data.shape))
    with isolate_rng(data.device):
        for split in SPLITS:
            end = size if split in data.redrawn else data.size(split)
            for start in range(0, end, size):
                x = data.batch(split, slice(start, start + size))
                outside = ~(support.check(x) | x.isnan())
                if outside.any():
                    datum = start + int(outside.flatten(1).any(1).nonzero()[0])
                    count = int(outside.sum())
                    raise ValueError(
                        f"decoder: expected data in the support of the likelihood, {support}, got "
                        f"{count} value{'s' * (count > 1)} outside it, {x[outside][0].item():.4g} "
                        f"in datum {datum} of the {split} set; change the decoder (python -m "
                        "vae_exp.catalogue says which take what), the data, or, of images, "
                        "data.binarize or data.dequantize"
                    )


@torch.no_grad()
def check_compatibility(vae: VAE, x: Tensor, c: Tensor | None = None) -> None:
    """Take two of the data x (B, X), with their conditions c, through the model.

    It leaves no trace in the model or in the random numbers.

    Raises:
        ValueError: a part refuses another, or what is missing, with the key to change.
    """
    with evaluating(vae), isolate_rng(x.device):
        distributions = check_distributions(vae, x, c)
        x, c = x[:2], None if c is None else c[:2]
        missing = bool(vae.condition(x, c)[0].isnan().any())
        check_spaces(vae, x, c)
        check_estimate(vae, *distributions)
        _, info = vae(x, c)
        # codes may be relaxed while training; what a step changes are copies
        buffers = {name: buffer.clone() for name, buffer in vae.named_buffers()}
        functional_call(vae.train(), buffers, (x, c))
    if missing and info["elbo"].isnan():
        raise ValueError(
            "decoder, encoder: expected parts that take missing values, which are NaN, got "
            f"{type(vae.decoder).__name__} and {type(vae.encoder).__name__}; use data without"
        )


def check_spaces(vae: VAE, x: Tensor, c: Tensor | None) -> None:
    """See that q(z|x) and p(z) of data x (B, X) are distributions on one space, and the decoder's.

    Raises:
        ValueError: they are not.
    """
    x, seen = vae.condition(x, c)
    q_z, p_z = vae.encoder(x, *seen.encoder), vae.prior(*seen.prior)
    if not same_space(q_z, p_z):
        raise ValueError(
            f"prior: expected one of z on the space of the posterior {family(q_z)}, {space(q_z)}, "
            f"got {family(p_z)} on {space(p_z)}; python -m vae_exp.catalogue says which go together"
        )
    for module in vae.decoder.modules():
        domain = getattr(module, "domain", None)
        if domain is not None and not equal(domain, space(q_z)):
            raise ValueError(
                f"network: expected one of z on {space(q_z)} for the decoder, where the posterior "
                f"{family(q_z)} has it, got {type(module).__name__} of z on {domain}; use "
                "encoder=wrapped_normal prior=wrapped_normal of that curvature, or "
                "network@decoder_network=mlp"
            )
