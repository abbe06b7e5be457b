"""Data whose log-likelihood is bounded: some of a data set, and some that the model draws."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.condition import Seen
from vae_exp.data import Data
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

Origin = Literal["simulated", "real"]


@dataclass(frozen=True)
class Batch:
    """Some data of one origin.

    Args:
        x, c: as the model takes them, (B, X) and (B, ...).
        modelled, seen: what the condition makes of them.
        p_z: p(z), of batch () or (B,).
        z: what ``x`` was drawn from, (B, Z), a draw from p(z|x); none of real data.
    """

    x: Tensor
    c: Tensor | None
    modelled: Tensor
    seen: Seen
    p_z: Distribution
    z: Tensor | None


@torch.no_grad()
def real(vae: VAE, data: Data, split: str, index: Tensor | slice, seed: int) -> Batch:
    """The data at ``index`` of a split.

    Args:
        seed: of noise that is new in each batch, of training data.
    """
    with isolate_rng(data.device, seed):
        x, c = data.at(split, index)
    modelled, seen = vae.condition(x, c)
    return Batch(x, c, modelled, seen, vae.prior(*seen.prior), None)


@torch.no_grad()
def simulated(vae: VAE, place: Batch, device: torch.device, seed: int) -> Batch:
    """z ~ p(z) and x ~ p(x|z), so that z is a draw from p(z|x), one for each of some data.

    Args:
        place: data whose conditions, and missing components, they have.
    """
    with isolate_rng(device, seed):
        z = draw(place.p_z, 1, len(place.x))
        x = vae.decoder(z, *place.seen.decoder).sample().squeeze(0)
    # what is not observed, or not modelled, of the datum whose place it takes is not of it
    x = vae.condition.complete(x.masked_fill(place.modelled.isnan(), torch.nan), place.x)
    modelled, seen = vae.condition(x, place.c)
    return Batch(x, place.c, modelled, seen, place.p_z, z.squeeze(0))


@torch.no_grad()
def draw(p_z: Distribution, chains: int, count: int) -> Tensor:
    """z ~ p(z), (C, B, Z), of p(z) of batch () or (B,)."""
    return p_z.sample((chains,) if p_z.batch_shape else (chains, count))


def seed_of(*what: Any) -> int:
    """A seed for each of these, the same in each process."""
    return int.from_bytes(hashlib.blake2b(repr(what).encode(), digest_size=6).digest())
