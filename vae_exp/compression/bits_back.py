"""Bits-back coding: the bits that a sample of z takes are given back by what is already coded."""

import hashlib
from collections.abc import Iterator

import numpy
import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.compression.alphabet import Alphabet, Part, check_likelihood, parts
from vae_exp.compression.latents import latents
from vae_exp.compression.stack import Stack
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.vae import VAE

# these are parts of the format: who decodes needs the same
PROBABILITIES = 2_000_000  # of data that are coded together, 16 MB
TOGETHER = 64  # data at most
SHARE = 16  # of those that are coded: so many of their bits pay for what the next ones take off
PROBED = 2  # data of the fingerprint


class BitsBack:
    """Codes data of a model, x discrete, on a stack of bits.

        encode:  z is popped under q(z|x), x is pushed under p(x|z), z is pushed under p(z)
        decode:  z is popped under p(z), x is popped under p(x|z), z is pushed under q(z|x)

    The stack grows by −log p(x|z) − log p(z) + log q(z|x) a datum, which is −ELBO on average. The
    data are decoded last first. So many are coded together as the stack can pay for, one at the
    beginning, and both ways ask the networks the same ones in the same batches.

    Args:
        vae: in evaluation mode.
        alphabet: of its likelihood.

    Raises:
        ValueError: the model is not one that can be coded so, with the key to change.
    Source: Townsend, Bird and Barber 2019, "Practical lossless compression with latent variables
        using bits back coding", arXiv 1901.04866.
    """

    @torch.no_grad()
    def __init__(self, vae: VAE, alphabet: Alphabet):
        self.vae, self.alphabet = vae, alphabet
        self.shape = tuple(vae.observe.shape)
        self.device = next(vae.parameters()).device
        condition = vae.condition
        if condition.shape is not None or condition.hides or condition.enumerates:
            raise ValueError(
                "condition: expected none, for who decompresses has no c, got a conditional model"
            )
        self.latents = latents(self._posterior(self._probe()), vae.prior())
        p_x = self._likelihood(self.latents.z(self._probed_latents()))
        check_likelihood(p_x, self.alphabet)
        size = max(self.alphabet.sizes) * p_x.event_shape.numel()
        self.most = max(1, min(TOGETHER, PROBABILITIES // size))

    @torch.no_grad()
    def encode(self, symbols: numpy.ndarray, progress: Progress = silent) -> numpy.ndarray:
        """The words of a stack with all data (N, X) on it."""
        stack = Stack()
        for place in groups(len(symbols), self.most):
            progress("coding", place.start / len(symbols))
            k = symbols[place]
            q_z = self._posterior(k)
            drawn = self.latents.pop(stack, q_z)
            self._push_x(stack, k, self._likelihood(self.latents.z(drawn)))
            self.latents.push_prior(stack, drawn)
        return stack.words

    @torch.no_grad()
    def decode(
        self, words: numpy.ndarray, symbols: numpy.ndarray, progress: Progress = silent
    ) -> None:
        """Put the data that ``encode`` was given into ``symbols`` (N, X), all of them.

        Raises:
            ValueError: these words are not what it returned, or the numbers of the model not those
                that it had.
        """
        stack = Stack(words)
        for place in reversed([*groups(len(symbols), self.most)]):
            progress("decoding", 1 - place.stop / len(symbols))
            count = place.stop - place.start
            drawn = self.latents.pop_prior(stack, count)
            k = self._pop_x(stack, count, self._likelihood(self.latents.z(drawn)))
            self.latents.push(stack, drawn, self._posterior(k))
            symbols[place] = k
        if not stack.is_bare():
            raise ValueError("expected an empty stack at the end, got one with something on it")

    @torch.no_grad()
    def fingerprint(self) -> str:
        """A name of the probabilities that the model has for two made-up data and latents.

        Where it differs, as on other machines, nothing can be decoded.
        """
        found = hashlib.sha256()
        for table in self.latents.tables(self._posterior(self._probe())):
            found.update(table)
        for part in self._parts(self._likelihood(self.latents.z(self._probed_latents()))):
            found.update(part.probabilities)
        return found.hexdigest()[:16]

    def _posterior(self, symbols: numpy.ndarray) -> Distribution:
        x, seen = self.vae.condition(self.alphabet.x(symbols).to(self.device))
        return self.vae.encoder(x, *seen.encoder)

    def _likelihood(self, z: Tensor) -> Distribution:
        return self.vae.decoder(z.to(self.device))

    def _parts(self, p_x: Distribution) -> list[Part]:
        return parts(p_x, self.alphabet, self.device)

    def _push_x(self, stack: Stack, symbols: numpy.ndarray, p_x: Distribution) -> None:
        for part in reversed(self._parts(p_x)):
            own = symbols if part.columns is None else symbols[:, part.columns]
            stack.push(own.ravel(), part.probabilities)

    def _pop_x(self, stack: Stack, count: int, p_x: Distribution) -> numpy.ndarray:
        symbols = numpy.zeros((count, *self.shape), self.alphabet.dtype)
        for part in self._parts(p_x):
            own = stack.pop(part.probabilities)
            if part.columns is None:
                symbols[:] = own.reshape(symbols.shape)
            else:
                symbols[:, part.columns] = own.reshape(count, -1)
        return symbols

    def _probe(self) -> numpy.ndarray:
        """Data (2, X) with many values."""
        numbers = numpy.arange(PROBED * int(numpy.prod(self.shape))) * 7919
        sizes = self.alphabet.sizes
        most = sizes if len(sizes) > 1 else sizes[0]  # of each column of a table, or of all
        values = numbers.reshape(PROBED, *self.shape) % most
        return values.astype(self.alphabet.dtype)

    def _probed_latents(self) -> numpy.ndarray:
        """Symbols (2, N) of latents, as the prior has them."""
        return self.latents.pop_prior(Stack(), PROBED)


def groups(count: int, most: int) -> Iterator[slice]:
    """Which of ``count`` data are coded together, in their order, ``most`` at most."""
    start = 0
    while start < count:
        stop = min(count, start + min(most, max(1, start // SHARE)))
        yield slice(start, stop)
        start = stop
