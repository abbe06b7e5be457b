"""Families of posteriors by the names of encoders, for the best of each datum."""

from collections.abc import Iterable

from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.option_facts import options
from vae_exp.encoder import Encoder
from vae_exp.evaluation.inference_gap import Zeros, amortized


def posterior_families(
    names: Iterable[str], x_shape: tuple[int, ...], z_dim: int
) -> dict[str, Encoder]:
    """Encoders of these names whose network makes zeros of everything.

    Raises:
        ValueError: there is no such encoder, or it is not given by one network's outputs.
    """
    families = {}
    for name in names:
        if name not in options("encoder"):
            told = ", ".join(options("encoder"))
            raise ValueError(f"--family: expected one of {told}, got {name}")
        cfg = compose(f"encoder={name}", f"z_dim={z_dim}")
        try:
            families[name] = amortized(
                instantiate(cfg.encoder, {"x_shape": x_shape}, network=Zeros)
            )
        except (ValueError, TypeError) as error:
            raise ValueError(
                "--family: expected one with the outputs of one network as its parameters, such "
                f"as full_gaussian, got {name}"
            ) from error
    return families
