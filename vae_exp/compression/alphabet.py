"""Data as whole numbers, and the probability that a discrete likelihood has for each."""

from dataclasses import dataclass

import numpy
import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, constraints

from vae_exp.compression.latents import normalised
from vae_exp.decoder.levels import Levels
from vae_exp.decoder.offset import OfItsTotal
from vae_exp.distribution.side_by_side import SideBySide
from vae_exp.distribution.variable import OfVariables

MOST_VALUES = 2**16  # of a component
MOST_PROBABILITIES = 2**26  # of a datum, half a gigabyte


@dataclass(frozen=True)
class Alphabet:
    """x = k / unit, k = 0, ..., sizes − 1.

    Args:
        sizes: how many values a component takes, of all components, or of each of D columns.
        unit: the k that is x = 1.
    """

    sizes: tuple[int, ...]
    unit: int

    @property
    def dtype(self) -> numpy.dtype:
        """The smallest type that has them."""
        return numpy.min_scalar_type(max(self.sizes) - 1)

    def symbols(self, x: Tensor) -> numpy.ndarray:
        """k of x."""
        return (x * self.unit).round().cpu().numpy().astype(self.dtype)

    def x(self, symbols: numpy.ndarray) -> Tensor:
        """x of k, the same bits as the data have."""
        return torch.from_numpy(symbols.astype(numpy.float32)).div_(self.unit)


def alphabet(support: constraints.Constraint, largest: int) -> Alphabet:
    """That of a likelihood.

    Args:
        support: of the likelihood.
        largest: x that there is, which ends an alphabet without an end.

    Raises:
        ValueError: the likelihood is a density, or there are too many values.
    """
    if not support.is_discrete:
        raise ValueError(
            "decoder: expected a probability of discrete data, for a density says nothing of bits, "
            f"got one on {support}; train with decoder=bernoulli, beta_binomial, "
            "discretized_logistic, poisson, ..."
        )
    counted = max(largest, 1) + 1  # there is no code for an alphabet of one value
    sizes, unit = (counted,), 1
    if support is constraints.boolean:
        sizes = (2,)
    elif isinstance(support, Levels):
        sizes, unit = (support.levels + 1,), support.levels
    elif isinstance(support, OfVariables):
        sizes = tuple(len(variable.categories) or counted for variable in support.variables)
    elif support is not constraints.nonnegative_integer:
        raise ValueError(f"decoder: expected one of bits, levels, counts or columns, got {support}")
    if max(sizes) > MOST_VALUES:
        raise ValueError(f"data: expected counts below {MOST_VALUES}, got {largest}")
    return Alphabet(sizes, unit)


def check_likelihood(p_x: Distribution, alphabet: Alphabet) -> None:
    """See that each component of x has probabilities of its own.

    Raises:
        ValueError: with the key to change.
    """
    if not isinstance(p_x, Independent) or p_x.base_dist.event_shape:
        raise ValueError(
            "decoder: expected components that are independent given z, got "
            f"{type(p_x).__name__}; choose another decoder"
        )
    if isinstance(p_x.base_dist, OfItsTotal):
        raise ValueError(
            "decoder.offset: expected none, got library, whose probabilities are given the total "
            "of x, which who decompresses does not know"
        )
    if (size := max(alphabet.sizes) * p_x.event_shape.numel()) > MOST_PROBABILITIES:
        raise ValueError(
            f"data: expected at most {MOST_PROBABILITIES} probabilities of a datum, got {size}: "
            "its components times the values of each"
        )


@dataclass(frozen=True)
class Part:
    """Components with alphabets of one size.

    Args:
        columns: their places, the last axis of x, or none for all of x.
        probabilities: (N, K), a row for each component of each datum.
    """

    columns: numpy.ndarray | None
    probabilities: numpy.ndarray


def parts(p_x: Independent, alphabet: Alphabet, device: torch.device) -> list[Part]:
    """The probabilities of all components of x, batch (B,)."""

    def probabilities(components: Distribution, size: int) -> numpy.ndarray:
        if hasattr(components, "log_probabilities"):
            log_p = components.log_probabilities()
        else:
            values = (torch.arange(size, dtype=torch.float32) / alphabet.unit).to(device)
            each = [components.log_prob(x).expand(components.batch_shape) for x in values]
            log_p = torch.stack(each, -1)
        return normalised((log_p - log_p.amax(-1, keepdim=True)).exp())

    components = p_x.base_dist
    if not isinstance(components, SideBySide):
        return [Part(None, probabilities(components, max(alphabet.sizes)))]
    found = []
    for part, places in zip(components.parts, components.places):
        columns = places.cpu().numpy()
        size = max(alphabet.sizes[column] for column in columns)
        found.append(Part(columns, probabilities(part, size)))
    return found
