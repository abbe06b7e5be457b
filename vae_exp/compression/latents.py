"""Latents as symbols of a stack: what q(z|x) and p(z) have to be for that, and how they are."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy
import torch
from torch import Tensor
from torch.distributions import Distribution, Laplace, Normal

from vae_exp.compression.stack import Stack
from vae_exp.distribution.bit_codes import BitCodes
from vae_exp.distribution.grid import PointMass, UniformGrid
from vae_exp.distribution.latent_codes import LatentCodes
from vae_exp.distribution.one_hot import OneHotCodes
from vae_exp.kl import factorises, family, pair_factorises

DIGIT = 256  # a bin is two digits of so many values: 2^16 bins


class Latents(Protocol):
    """Symbols (B, N) that stand for z (B, Z), put on a stack and taken off under q(z|x) or p(z)."""

    def pop(self, stack: Stack, q_z: Distribution) -> numpy.ndarray: ...
    def push(self, stack: Stack, symbols: numpy.ndarray, q_z: Distribution) -> None: ...
    def pop_prior(self, stack: Stack, count: int) -> numpy.ndarray: ...
    def push_prior(self, stack: Stack, symbols: numpy.ndarray) -> None: ...
    def z(self, symbols: numpy.ndarray) -> Tensor: ...
    def tables(self, q_z: Distribution) -> Sequence[numpy.ndarray]: ...


def latents(q_z: Distribution, p_z: Distribution) -> Latents:
    """The latents of a posterior and a prior.

    Raises:
        ValueError: they are not coded here, with the key to change.
    """
    if isinstance(q_z, BitCodes | OneHotCodes | PointMass):
        if isinstance(p_z, BitCodes | OneHotCodes | UniformGrid) and not p_z.batch_shape:
            return Codes(p_z)
        raise ValueError(f"prior: expected one of independent codes, got {family(p_z)}")
    if not pair_factorises(q_z, p_z):
        key, joint = ("prior", p_z) if factorises(q_z) else ("encoder", q_z)
        raise ValueError(
            f"{key}: expected independent dimensions, for each is coded by itself, got "
            f"{family(joint)}; train with encoder=gaussian prior=standard_normal"
        )
    for key, distribution in (("encoder", q_z), ("prior", p_z)):
        if type(distribution.base_dist) not in CUMULATIVE:
            raise ValueError(
                f"{key}: expected a Gaussian or a Laplace, whose quantiles are at hand, or codes, "
                f"got {family(distribution)}; train with {key}="
                + ("gaussian" if key == "encoder" else "standard_normal")
            )
    return Bins(p_z.base_dist)


def normal_cumulative(t: Tensor) -> Tensor:
    """∫ N(t | 0, 1) up to t, with all its digits in the lower tail, which ndtr rounds to 0."""
    return torch.erfc(-t / math.sqrt(2)) / 2


def laplace_cumulative(t: Tensor) -> Tensor:
    """∫ exp(−|t|) / 2 up to t."""
    tail = (-t.abs()).exp() / 2
    return torch.where(t < 0, tail, 1 - tail)


def laplace_quantile(u: Tensor) -> Tensor:
    """Where that is u."""
    return torch.where(u < 0.5, (2 * u).log(), -(2 * (1 - u)).log())


# of location 0 and scale 1
CUMULATIVE = {Normal: normal_cumulative, Laplace: laplace_cumulative}
QUANTILE = {Normal: torch.special.ndtri, Laplace: laplace_quantile}


class Bins:
    """z_d in one of 2^16 bins, each of the same mass under p(z_d); z is the median of its bin.

    A bin is two digits, of which the first says in which of 256 wide bins it is: under q(z|x) these
    have probabilities, and under what is known of the first the second ones.

    Args:
        p_z: a family of location and scale, batch (Z,).

    Source: Townsend, Bird and Barber 2019, arXiv 1901.04866.
    """

    def __init__(self, p_z: Normal | Laplace):
        self.loc, self.scale = (exact(t) for t in (p_z.loc, p_z.scale))
        self.like = p_z.loc
        self.count = len(self.loc)
        halves = torch.arange(2 * DIGIT**2 + 1, dtype=torch.float64) / (2 * DIGIT**2)
        quantiles = QUANTILE[type(p_z)](halves)
        self.edges, self.medians = quantiles[::2], quantiles[1::2]

    def pop(self, stack: Stack, q_z: Distribution) -> numpy.ndarray:
        first = stack.pop(self._first(q_z))
        second = stack.pop(self._second(q_z, first))
        return (first * DIGIT + second).reshape(-1, self.count)

    def push(self, stack: Stack, symbols: numpy.ndarray, q_z: Distribution) -> None:
        first, second = numpy.divmod(symbols.ravel(), DIGIT)
        stack.push(second, self._second(q_z, first))
        stack.push(first, self._first(q_z))

    def pop_prior(self, stack: Stack, count: int) -> numpy.ndarray:
        table = uniform(count * self.count, DIGIT)
        second, first = stack.pop(table), stack.pop(table)
        return (first * DIGIT + second).reshape(-1, self.count)

    def push_prior(self, stack: Stack, symbols: numpy.ndarray) -> None:
        first, second = numpy.divmod(symbols.ravel(), DIGIT)
        table = uniform(symbols.size, DIGIT)
        stack.push(first, table)
        stack.push(second, table)  # the next z is drawn of these, which have no pattern

    def z(self, symbols: numpy.ndarray) -> Tensor:
        """The medians of bins (B, Z), as the decoder takes them."""
        medians = self.medians[torch.from_numpy(symbols).long()]
        return (self.loc + self.scale * medians).to(self.like)

    def tables(self, q_z: Distribution) -> list[numpy.ndarray]:
        return [self._first(q_z)]

    def _first(self, q_z: Distribution) -> numpy.ndarray:
        return self._masses(q_z, self.edges[::DIGIT])

    def _second(self, q_z: Distribution, first: numpy.ndarray) -> numpy.ndarray:
        wide = torch.from_numpy(first).long().view(-1, self.count, 1)
        return self._masses(q_z, self.edges[wide * DIGIT + torch.arange(DIGIT + 1)])

    def _masses(self, q_z: Distribution, edges: Tensor) -> numpy.ndarray:
        """q of what lies between these edges (*, 257), in standard deviations of the prior."""
        q = q_z.base_dist
        loc, scale = exact(q.loc).unsqueeze(-1), exact(q.scale).unsqueeze(-1)
        edges = self.loc.unsqueeze(-1) + self.scale.unsqueeze(-1) * edges
        t = (edges - loc) / scale  # (B, Z, 257)
        low, high = t[..., :-1], t[..., 1:]
        # from the nearer end, where there is no difference of two numbers near 1
        mirrored = low + high > 0
        cumulative = CUMULATIVE[type(q)]
        masses = cumulative(torch.where(mirrored, -low, high)) - cumulative(
            torch.where(mirrored, -high, low)
        )
        return normalised(masses)


class Codes:
    """The values of N independent variables, as they are.

    Args:
        p_z: batch ().
    """

    def __init__(self, p_z: Distribution):
        self.space: LatentCodes = p_z.support
        self.prior = value_probabilities(p_z)
        self.like = p_z.mean

    def pop(self, stack: Stack, q_z: Distribution) -> numpy.ndarray:
        return numpy.stack([stack.pop(table) for table in self.tables(q_z)], -1)

    def push(self, stack: Stack, symbols: numpy.ndarray, q_z: Distribution) -> None:
        for column, table in reversed([*zip(symbols.T, self.tables(q_z))]):
            stack.push(column, table)

    def pop_prior(self, stack: Stack, count: int) -> numpy.ndarray:
        return numpy.stack([stack.pop(table) for table in self._prior_tables(count)], -1)

    def push_prior(self, stack: Stack, symbols: numpy.ndarray) -> None:
        for column, table in reversed([*zip(symbols.T, self._prior_tables(len(symbols)))]):
            stack.push(column, table)

    def z(self, symbols: numpy.ndarray) -> Tensor:
        """The codes (B, Z) of values (B, N)."""
        return self.space.of(torch.from_numpy(symbols), self.like.cpu()).to(self.like)

    def tables(self, q_z: Distribution) -> list[numpy.ndarray]:
        return [normalised(probabilities) for probabilities in value_probabilities(q_z)]

    def _prior_tables(self, count: int) -> list[numpy.ndarray]:
        return [normalised(each.expand(count, -1)) for each in self.prior]


def value_probabilities(codes: Distribution) -> list[Tensor]:
    """The probability of each value of each variable, N of (*, K_n)."""
    if isinstance(codes, UniformGrid):
        return [torch.full((values,), 1 / values) for values in codes.grid.levels]
    return codes.support.probabilities(codes.mean)


def normalised(probabilities: Tensor) -> numpy.ndarray:
    """A row a symbol, (N, K), in double precision; uniform where all of a row is 0.

    Raises:
        ValueError: one is no finite number.
    """
    rows = exact(probabilities).flatten(0, -2)
    total = rows.sum(-1, keepdim=True)
    if not total.isfinite().all():
        raise ValueError("expected finite probabilities of the model, got others")
    rows = torch.where(total > 0, rows / total, 1 / rows.shape[-1])
    return numpy.ascontiguousarray(rows.numpy())


def uniform(count: int, values: int) -> numpy.ndarray:
    """Rows (``count``, ``values``) of the same probabilities."""
    return numpy.full((count, values), 1 / values)


def exact(t: Tensor) -> Tensor:
    """In double precision on the CPU, where what is done next is the same on any device."""
    return t.detach().cpu().double()
