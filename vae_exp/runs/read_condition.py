"""A condition in the words of a command line."""

from collections.abc import Sequence

from torch import Tensor

from vae_exp.data.array_file import read
from vae_exp.vae import VAE


def read_condition(vae: VAE, words: Sequence[str] | None) -> Tensor | None:
    """One condition or several, (B, ...), none of an unconditional model.

    Args:
        words: classes, ``name=value`` of covariates, or the file of data whose part is the
            condition; or none.

    Raises:
        ValueError: the words name none of this model's, or there are none and it needs one.
    """
    try:
        if words is None:
            vae.condition.seen(None)
            return None
        if vae.condition.source == "labels":
            return vae.condition.read(list(words))
        if vae.condition.source == "covariates":
            return vae.condition.read(dict(word.partition("=")[::2] for word in words))
        if vae.condition.shape is None:
            return vae.condition.read(words)  # which refuses it
        given = read(words[0], "--condition")["train"].x
        return vae.condition.read(vae.observe(given) if vae.observe.levels > 1 else given)
    except ValueError as error:
        told, given = str(error).replace("c:", "--condition:", 1), " ".join(words or ())
        if vae.condition.source == "labels" and "," in given:
            told += f"; several are --condition {given.replace(',', ' ')}"
        if vae.condition.source is None and words is None:
            told += "; a file has them, as in --condition file.npy"
        raise ValueError(told) from error
