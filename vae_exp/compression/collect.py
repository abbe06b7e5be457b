"""The data of a split as whole numbers, drawn once, and the rate that the model promises."""

import math

import numpy

from vae_exp.compression.alphabet import Alphabet, alphabet
from vae_exp.data import Data
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.importance import score
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

TOGETHER = 1000  # data that are looked at together
SAMPLES = 16  # of z for each datum, of the ELBO


def collect(vae: VAE, data: Data, split: str) -> tuple[Alphabet, int, numpy.ndarray]:
    """The alphabet, the largest x, and the symbols (N, X) of a split.

    Raises:
        ValueError: something is missing, or not in the support of the likelihood.
    """
    largest = 1
    if vae.decoder.support.is_discrete:  # else it is refused below
        largest = max(int(x.nan_to_num(0).max()) for x in data.batches(split, TOGETHER))
    found, largest = alphabet(vae.decoder.support, largest), max(1, largest)
    symbols = numpy.zeros((data.size(split), *data.shape), found.dtype)
    for start in range(0, len(symbols), TOGETHER):
        place = slice(start, start + TOGETHER)
        x = data.batch(split, place)
        if x.isnan().any():
            raise ValueError(
                "data: expected data of which all is observed, got some that are missing; what is "
                "not known cannot be written down"
            )
        if not vae.decoder.support.check(x).all():
            raise ValueError(f"data: expected {vae.decoder.support}, got others")
        symbols[place] = found.symbols(x)
    return found, largest, symbols


def promised_bits(
    vae: VAE,
    alphabet: Alphabet,
    symbols: numpy.ndarray,
    max_elements: int,
    progress: Progress = silent,
) -> float:
    """−ELBO of all data together, in bits.

    Args:
        max_elements: how many numbers may be held at once, about.
    """
    device, nats = next(vae.parameters()).device, 0.0
    with isolate_rng(device):
        for start in range(0, len(symbols), TOGETHER):
            progress("ELBO", start / len(symbols))
            x = alphabet.x(symbols[start : start + TOGETHER]).to(device)
            nats -= score(vae, x, None, SAMPLES, max_elements)["elbo"].double().sum().item()
    return nats / math.log(2)
