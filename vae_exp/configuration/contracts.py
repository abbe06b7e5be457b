"""Whether the parts return what an ELBO is made of, tried one by one before training."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.kl import KLEstimator
from vae_exp.vae import VAE

OWN_WORDS = re.compile(r"[\w.@, ]+: expected ")  # of a part that says itself what is amiss
LETTERS = 300  # of another's message
ALONE = "python -m vae_exp.check tries a part alone"


@torch.no_grad()
def check_distributions(
    vae: VAE, x: Tensor, c: Any = None
) -> tuple[Distribution, Distribution, Tensor]:
    """Take data x (B, X), with their conditions c, through the model as ``VAE.forward`` does.

    Two of them, or three where there are two samples: then no shape is another by chance.

    Returns:
        q(z|x), p(z) and z.

    Raises:
        ValueError: a part fails, or returns something else than a distribution of the shapes that
            its contract says.
    """
    few = 3 if vae.objective.samples == 2 else 2
    possible = vae.condition.possible(x[:few], None if c is None else c[:few])
    x, seen = vae.condition(possible.x, possible.c)
    count, event = len(x), tuple(x.shape[1:])
    with calling("encoder", vae.encoder):
        q_z = vae.encoder(x, *seen.encoder)
    expect_distribution("encoder", "q(z|x)", q_z, [(count,)], None)
    with calling("prior", vae.prior):
        p_z = vae.prior(*seen.prior)
    expect_distribution("prior", "p(z)", p_z, [(), (count,)], tuple(q_z.event_shape))
    with calling("encoder", vae.encoder):
        z = vae.expectation.draw(q_z, vae.objective.samples)
    batch = tuple(z.shape[:-1])  # (S, B)
    with calling("decoder", vae.decoder):
        p_x = vae.decoder(z, *seen.decoder)
    expect_distribution("decoder", "p(x|z)", p_x, [batch], event)
    with calling("decoder", vae.decoder):
        log_p_x = p_x.log_prob(x)
    expect_shape("decoder", "log p(x|z)", log_p_x, [batch])
    return q_z, p_z, z


@torch.no_grad()
def check_estimate(vae: VAE, q_z: Distribution, p_z: Distribution, z: Tensor) -> None:
    """Have the KL of q(z|x) and p(z) estimated from z (S, B, Z).

    Raises:
        ValueError: the estimator is of another make, fails, or returns another shape.
    """
    if not isinstance(vae.kl, KLEstimator):
        raise ValueError(
            f"kl: expected a subclass of vae_exp.kl.KLEstimator, got {type(vae.kl).__name__}"
        )
    batch = tuple(z.shape[:-1])  # (S, B)
    with calling("kl", vae.kl):
        kl_loss = vae.kl_loss(q_z, p_z, z)
    expect_shape("kl", "the sum of per_latent over its last dimension", kl_loss, [batch, batch[1:]])


@contextmanager
def calling(key: str, part: Any) -> Iterator[None]:
    """Around a call of a part, whose mistake is told in words that name it.

    Raises:
        ValueError: any exception has been raised.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, ValueError) and OWN_WORDS.match(str(error)):
            raise
        told = " ".join(str(error).split())[:LETTERS]
        raise ValueError(
            f"{key}: expected {type(part).__name__} to take a few of the data, got "
            f"{type(error).__name__}: {told}; {ALONE}"
        ) from error


def expect_distribution(
    key: str,
    what: str,
    found: Any,
    batches: list[tuple[int, ...]],
    event: tuple[int, ...] | None,
) -> None:
    """See that a part returned a distribution of one of these batch shapes, and that event shape.

    Args:
        what: it is.
        event: none for one dimension of any size.

    Raises:
        ValueError: it did not.
    """
    if not isinstance(found, Distribution):
        raise ValueError(
            f"{key}: expected a torch.distributions.Distribution, {what}, got "
            f"{type(found).__name__}; {ALONE}"
        )
    came = tuple(found.batch_shape), tuple(found.event_shape)
    fits = len(came[1]) == 1 if event is None else came[1] == event
    if came[0] in batches and fits:
        return
    dimensions = 1 if event is None else len(event)
    together = came[0] + came[1]
    forgotten = len(came[1]) < dimensions and any(
        together[: len(batch)] == batch and len(together) == len(batch) + dimensions
        for batch in batches
    )
    cure = f"; are the event's dimensions summed? Independent(..., {dimensions}) does" * forgotten
    expected = "(Z,)" if event is None else event
    raise ValueError(
        f"{key}: expected {what} of batch {' or '.join(map(str, batches))}, event {expected}, got "
        f"batch {came[0]}, event {came[1]}{cure or f'; {ALONE}'}"
    )


def expect_shape(key: str, what: str, found: Any, shapes: list[tuple[int, ...]]) -> None:
    """See that a part returned numbers of one of these shapes.

    Raises:
        ValueError: it did not.
    """
    came = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    if came not in shapes:
        raise ValueError(
            f"{key}: expected {what} of shape {' or '.join(map(str, shapes))}, one for each sample "
            f"and datum, got {came}; {ALONE}"
        )
