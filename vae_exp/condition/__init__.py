"""What is known of a datum besides x, and which parts of the model see it. One a file.

q(z|x, c)    p(x|z, c)    p(z|c)
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from vae_exp.condition.possible import Possible
from vae_exp.network.conditional import Conditional

Source = Literal["labels", "covariates"]
Network = Callable[[tuple[int, ...], tuple[int, ...]], nn.Module]
UNKNOWN = torch.iinfo(torch.int64).min  # of a class; −1 may be one


class Seen(NamedTuple):
    """What each part sees besides x or z, to be put behind it: ``encoder(x, *seen.encoder)``."""

    encoder: tuple[Tensor, ...] = ()
    decoder: tuple[Tensor, ...] = ()
    prior: tuple[Tensor, ...] = ()


class Condition(nn.Module):
    """``condition(x, c)`` is what is modelled of a batch x (B, X), and what each part sees of c.

    A subclass says what parts see in place of c, in ``features``, and of which event shape that is,
    in ``shape``, or none where it is nothing; reads a user's words for c, in ``read``; and says
    what c is among the things that data have besides x, in ``source``, or none. It may take a part
    of x away, and ``hides`` then; or be unknown of a datum, which then counts once for each c there
    is, and ``enumerates`` then.

    Args:
        encoder, decoder, prior: whether q(z|x, c), p(x|z, c) and p(z|c) see c; ``auto``, where the
            prior does, is for who builds the model to decide, and else false.
        mask: whether q also sees which components of x are observed, as numbers 1 and 0, where
            some are missing.
    """

    shape: tuple[int, ...] | None = None
    hides = False
    source: Source | None = None
    enumerates = False

    def __init__(self, encoder: bool, decoder: bool, prior: bool | Literal["auto"], mask: bool):
        super().__init__()
        sees = {"encoder": encoder, "decoder": decoder, "prior": prior is True}
        self.parts: dict[str, bool] = sees
        self.mask = mask

    def sees(self, part: str) -> bool:
        """Whether c is among what a part of the model sees."""
        return self.shape is not None and self.parts[part]

    def network_for(self, part: str, x_shape: tuple[int, ...]) -> Callable[[Network], Network]:
        """What makes of the network of a part one that also takes what that part sees."""
        shapes = [self.shape] if self.shape is not None and self.sees(part) else []
        if part == "encoder" and self.mask:
            shapes.append(x_shape)
        return lambda network: partial(Conditional, network, shapes) if shapes else network

    def forward(self, x: Tensor, c: Any = None) -> tuple[Tensor, Seen]:
        """What is modelled of x (B, X), and what each part sees.

        Raises:
            ValueError: there is no c, and it is needed.
        """
        seen = self.seen(c)
        if not self.mask:
            return x, seen
        return x, seen._replace(encoder=(*seen.encoder, (~x.isnan()).to(x)))

    def check(self, decoder: nn.Module, kl: nn.Module, objective: nn.Module) -> None:
        """See that these take data that count once for each c that they may have.

        Raises:
            ValueError: one does not, with the key to change.
        """
        if not self.enumerates:
            return
        why = "where classes are summed out, for it compares the data of a batch, in which each"
        for key, part, instead in (("objective", objective, "elbo"), ("kl", kl, "monte_carlo")):
            if getattr(part, "compares_data", False):
                raise ValueError(
                    f"{key}: expected another than {type(part).__name__} {why} now stands once for "
                    f"each class; use {key}={instead}"
                )
        if getattr(decoder, "fits_batch", False):
            raise ValueError(
                f"decoder.scale: expected fixed, shared or per_pixel {why} now stands once for "
                "each class, got optimal; use decoder.scale=shared"
            )

    def possible(self, x: Tensor, c: Any = None) -> Possible:
        """The data x (B, X) with each c that they may have: here their own c (B, ...)."""
        return Possible(x, c, len(x))

    def classify(self, x: Tensor) -> Tensor:
        """q(y|x) of all classes y, (*, K) for x (*, X).

        Raises:
            ValueError: there is no such classifier.
        """
        raise ValueError(
            "condition: expected a model with a classifier, condition=semi_supervised, got "
            f"{type(self).__name__}"
        )

    def seen(self, c: Any) -> Seen:
        """What each part sees of c (B, ...).

        Raises:
            ValueError: it is none, and some part sees it.
        """
        if not any(map(self.sees, self.parts)):
            return Seen()
        if c is None:
            raise ValueError(
                f"c: expected {self.words}, which this model is conditional on, got none"
            )
        features = self.features(c)
        return Seen(**{part: (features,) for part in self.parts if self.sees(part)})

    def fit(self, c: Tensor | None) -> None:
        """See the conditions (N, ...) of training data, once, before training."""

    def complete(self, x: Tensor, c: Tensor) -> Tensor:
        """x (*, X), with what c (*, ...) has of it in its place."""
        return x

    @property
    def words(self) -> str:
        """What c is, for messages."""
        raise NotImplementedError

    def features(self, c: Tensor) -> Tensor:
        """What parts see in place of c (*, ...): floats, (*, ``shape``)."""
        raise NotImplementedError

    def read(self, c: Any) -> Tensor:
        """c as the data have it, (B, ...), of a user's number, word or array.

        Raises:
            ValueError: that is no such c.
        """
        raise NotImplementedError
