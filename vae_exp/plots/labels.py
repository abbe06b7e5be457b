"""How numbers and latent dimensions are written."""

from vae_exp.evaluation.latents import Latents
from vae_exp.vae import VAE

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def number(value: float) -> str:
    """Three digits."""
    return with_minus(f"{value:.3g}")


def with_minus(written: str) -> str:
    """A number as it was written, with a true minus sign."""
    return written.replace("-", "−")


def dimension(d: int) -> str:
    """The name of the coordinate z[..., d]: z₀, z₁, ..."""
    return f"z{str(d).translate(SUBSCRIPTS)}"


def use(latents: Latents, d: int) -> str:
    """How much a dimension is used: its KL, or where that does not split up its variance."""
    if latents.kl_per_latent is None:
        return f"variance {latents.variances[d]:.2g}"
    return f"{latents.kl_per_latent[d]:.2f} nats"


def likelihood(vae: VAE) -> str:
    """What the decoder returns."""
    return "p(x|z, c)" if vae.condition.sees("decoder") else "p(x|z)"


def posterior(vae: VAE) -> str:
    """What the encoder returns."""
    return "q(z|x, c)" if vae.condition.sees("encoder") else "q(z|x)"


def posterior_mean(vae: VAE, prime: str = "") -> str:
    """The mean of what the encoder returns, of x or of x′."""
    given = f"x{prime}, c{prime}" if vae.condition.sees("encoder") else f"x{prime}"
    return f"E[z|{given}]"
