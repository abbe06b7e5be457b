"""Small models, untrained, of any discrete likelihood."""

from functools import cache

import torch

from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.data.observation import Observation
from vae_exp.distribution.variable import Variable
from vae_exp.vae import VAE

IMAGE, VECTOR, LEVELS = (1, 3, 4), (5,), 16
VARIABLES = (
    Variable("kind", "category", ("a", "b", "c")),
    Variable("number", "count", loc=1.0, whole=True),
    Variable("grade", "ordinal", (1, 2, 3, 4)),
    Variable("smokes", "yes/no", ("no", "yes"), loc=0.3),
    Variable("colour", "category", ("red", "blue")),
)
KINDS = {  # of a likelihood: the shape and the kind of its data
    **dict.fromkeys(
        (
            *("bernoulli", "categorical", "beta_binomial"),
            *("discretized_logistic", "discretized_logistic_mixture"),
        ),
        (IMAGE, "images"),
    ),
    **dict.fromkeys(
        ("poisson", "negative_binomial", "zero_inflated_negative_binomial"), (VECTOR, "counts")
    ),
    "mixed": (VECTOR, "columns"),
}


@cache
def build(decoder, *words):
    """The model with these options beside it; look but do not touch."""
    shape, kind = KINDS.get(decoder, (IMAGE, "images"))
    variables = VARIABLES if decoder == "mixed" else ()
    torch.manual_seed(0)
    cfg = compose("z_dim=3", "network=linear", f"decoder={decoder}", *words)
    encoder = instantiate(cfg.encoder, x_shape=shape)
    offered = {"x_shape": shape, "levels": LEVELS, "variables": variables}
    vae = VAE(
        encoder=encoder,
        decoder=instantiate(
            cfg.decoder, offered, z_dim=getattr(encoder, "decoder_z_dim", cfg.z_dim)
        ),
        prior=instantiate(cfg.prior, {"encoder": encoder, "x_shape": shape}),
        kl=instantiate(cfg.kl),
        objective=instantiate(cfg.objective),
        optimizer=lambda parameters: torch.optim.SGD(parameters, 0.1),
    )
    vae.observe = Observation(shape, kind, LEVELS, variables=variables)
    return vae.eval()
