"""How an average over q(z|x) is taken and differentiated: one way a file, all ``Expectation``s.

An encoder has one, ``encoder.expectation``, and where it has none it is this, from reparametrised
samples.
"""

from collections.abc import Callable
from typing import Protocol

from torch import Tensor, nn
from torch.distributions import Distribution


class Weighing(Protocol):
    """What an expectation asks of an objective."""

    samples: int
    weighs_samples: bool
    reparametrises: bool


class Expectation(nn.Module):
    """E_q[f(z)] ≈ 1/S Σ_s f(z_s) for z_s ~ q(z|x), with ∂ z_s / ∂ parameters of q: pathwise.

    A subclass says in ``reparametrised`` whether the gradient is that of a sample that is a smooth
    function of the parameters.

    Source: Kingma and Welling 2013, arXiv 1312.6114.
    """

    reparametrised = True

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        """See that these go with this way of taking the average.

        Raises:
            ValueError: one does not, with the key to change.
        """

    def draw(self, q_z: Distribution, samples: int) -> Tensor:
        """z, (S, B, Z), of q(z|x) of batch (B,); S is ``samples``, or what the way asks for."""
        return q_z.rsample((samples,))

    def each(self, values: Tensor, q_z: Distribution, z: Tensor, term: str) -> Tensor:
        """Numbers of the same shape, whose average over S is E_q[values], value and gradient.

        Args:
            values: f(z_s) of each sample, (S, B), or (S, B, D).
            z: the draws, (S, B, Z).
            term: what the values are, for averages that are kept from one batch to the next.
        """
        return values

    def bound(
        self, of: Callable[[Tensor], Tensor], log_w: Tensor, q_z: Distribution, z: Tensor
    ) -> Tensor:
        """of(log w), (B,) or (M, B), with the gradient of its expectation over all S draws.

        Args:
            of: a function of all log weights of a datum, (S, *) to (*,) or (M, *).
            log_w: log w_s of each sample, (S, B).
        """
        return of(log_w)


PATHWISE = Expectation()  # of an encoder that has none


def refuse_coupled(decoder: nn.Module, kl: nn.Module, objective: Weighing, gradient: str) -> None:
    """See that the loss is an average over samples, and needs no gradient through one.

    Raises:
        ValueError: it is not, with the key to change.
    """
    for key, part, instead in (("objective", objective, "elbo"), ("kl", kl, "monte_carlo")):
        if getattr(part, "reparametrises", False):
            raise ValueError(
                f"{key}: expected another than {type(part).__name__}, which needs a gradient "
                f"through reparametrised samples, for encoder.gradient={gradient}; use "
                f"{key}={instead}"
            )
    if getattr(decoder, "fits_batch", False):
        raise ValueError(
            "decoder.scale: expected fixed, shared or per_pixel, got optimal, which depends on "
            f"all samples together, for encoder.gradient={gradient}; use decoder.scale=shared"
        )
