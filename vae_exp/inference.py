"""What a user asks of a model: z of x, x of z, how likely x is, what it lacks, and new x."""

from collections.abc import Callable
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.condition import Condition, Seen
from vae_exp.decoder import observing
from vae_exp.distribution.space import centre
from vae_exp.importance import USUAL, check_inside, score
from vae_exp.imputation import Imputed, impute_all

AT_ONCE = 4_000_000  # numbers that are held while data are scored


class Inference(nn.Module):
    """The distributions q(z|x, c), p(x|z, c) and p(z|c), and what follows from them.

    ``observe`` makes x of a user's array; one in it may be of another type, on another device.

    Args:
        encoder, decoder, prior, condition: see ``vae_exp.VAE``.
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, prior: nn.Module, condition: Condition
    ):
        super().__init__()
        self.condition = condition
        self.encoder = encoder
        self.decoder = decoder
        self.prior = prior
        self.observe: Callable[[Any], Tensor] = torch.as_tensor

    @torch.no_grad()
    def encode(self, x: Any, c: Any = None) -> Tensor:
        """The mean of q(z|x): (*, Z) for x (*, X), any array that ``observe`` takes.

        On a sphere it is the mode, the mean direction, for the mean is inside: see ``centre``.

        Args:
            c: the condition, of a conditional model: one for all of x, or one for each; or several
                for the same x (X).
        """
        x, seen = self._observed(x, c)
        return centre(self.encoder(x, *seen.encoder))

    @torch.no_grad()
    def decode(self, z: Any, c: Any = None) -> Tensor:
        """The mean of p(x|z, c): (*, X) for z (*, Z), or the part of z that the likelihood sees.

        Args:
            c: as for ``encode``.

        Raises:
            ValueError: z is of another size.
        """
        z = torch.as_tensor(z).to(next(self.parameters()))
        c = self._one_or_each(c)
        seen = self.condition.seen(c)
        self._check_latents(z, seen)
        mean = self.decoder(z, *seen.decoder).mean
        return mean if c is None else self.condition.complete(mean, c)

    @torch.no_grad()
    def reconstruct(self, x: Any, c: Any = None) -> Tensor:
        """The mean of p(x|z) at what ``encode`` gives: (*, X) for x (*, X), as that takes."""
        modelled, seen = self._observed(x, c)
        z = centre(self.encoder(modelled, *seen.encoder))
        return self.condition.complete(self.decoder(z, *seen.decoder).mean, self._as_float(x))

    @torch.no_grad()
    def classify(self, x: Any) -> Tensor:
        """q(y|x) of all classes y, (*, K) for x (*, X), as ``encode`` takes.

        Raises:
            ValueError: the model has no classifier.
        """
        return self.condition.classify(self._as_float(x))

    @torch.no_grad()
    def score(
        self, x: Any, c: Any = None, *, samples: int = USUAL, max_elements: int = AT_ONCE
    ) -> dict[str, Tensor]:
        """How likely each datum is, from K samples z ~ q(z|x), see ``vae_exp.importance.weigh``.

        Args:
            x: (N, X), any array that ``observe`` takes, in the support of the likelihood.
            c: the condition, of a conditional model: one for all of x, or one for each.
            samples: K.
            max_elements: how many numbers are held at once, about, which bounds the memory.

        Returns:
            ``log_likelihood``, ``elbo``, ``reconstruction_loss`` and ``kl`` in nats, and
            ``effective_sample_size``, from 1 to K: (N,).

        Raises:
            ValueError: there is no such datum, or a number out of its range.
        """
        samples = _whole("samples", samples, 1)
        max_elements = _whole("max_elements", max_elements, 1)
        x, c = self._data(x, c)
        with observing(self.decoder, x):
            return score(self, x, c, samples, max_elements)

    @torch.no_grad()
    def impute(
        self,
        x: Any,
        c: Any = None,
        *,
        samples: int = USUAL,
        draws: int = 0,
        max_elements: int = AT_ONCE,
    ) -> Imputed:
        """x with its NaN filled in, see ``vae_exp.imputation.impute``.

        Args:
            x, c, samples, max_elements: see ``score``.
            draws: D, how many draws to return beside the mean.

        Raises:
            ValueError: there is no such datum, or a number out of its range.
        """
        samples, draws = _whole("samples", samples, 1), _whole("draws", draws, 0)
        max_elements = _whole("max_elements", max_elements, 1)
        x, c = self._data(x, c)
        with observing(self.decoder, x):
            return impute_all(self, x, c, samples, draws, max_elements)

    @torch.no_grad()
    def sample(self, count: int, c: Any = None) -> Tensor:
        """x ~ p(x|z, c), z ~ p(z|c), from the model: (``count``, X).

        ``vae.decoder(vae.prior().sample((count,))).mean`` is without the likelihood's noise.

        Args:
            c: the condition, of a conditional model: one for all draws, or one for each.

        Raises:
            ValueError: see ``sample_latent``.
        """
        x = self.sample_latent(count, c)[1].sample()
        return x if c is None else self.condition.complete(x, self.condition.read(c))

    @torch.no_grad()
    def sample_latent(self, count: int, c: Any = None) -> tuple[Tensor, Distribution]:
        """z ~ p(z|c), (``count``, Z), and p(x|z, c).

        Raises:
            ValueError: c is none of the model's, as many as neither one nor ``count``, or that is
                negative.
        """
        count = _whole("count", count, 0)
        seen = self.condition.seen(self._conditions(c, count))
        p_z = self.prior(*seen.prior)
        z = p_z.sample(() if p_z.batch_shape else (count,))
        return z, self.decoder(z, *seen.decoder)

    def _check_latents(self, z: Tensor, seen: Seen) -> None:
        size = getattr(self.decoder, "z_dim", None)
        if size is None or z.shape[-1:] == (size,):
            return
        (whole,) = self.prior(*seen.prior).event_shape  # of layers, the likelihood may see one
        if z.shape[-1:] != (whole,):
            sizes = " or ".join(f"(*, {n})" for n in sorted({size, whole}))
            raise ValueError(f"z: expected shape {sizes}, got {tuple(z.shape)}")

    def _data(self, x: Any, c: Any) -> tuple[Tensor, Tensor | None]:
        """x (N, X) and c (N, ...) of a user's."""
        x = self._as_float(x)
        shape = getattr(self.observe, "shape", None)
        if shape is not None and x.ndim != len(shape) + 1:
            one = "; x[None] is of one datum" if shape == tuple(x.shape) else ""
            raise ValueError(
                f"x: expected shape (N, {str(shape).strip('(),')}), got {tuple(x.shape)}{one}"
            )
        if not len(x):
            raise ValueError("x: expected a datum or more, got none")
        check_inside(self.decoder, x)
        return x, None if c is None else self._conditions(c, len(x))

    def _conditions(self, c: Any, count: int) -> Tensor | None:
        """c as the data have it, one for each of ``count``, of a user's, for one or for each."""
        c = self.condition.read(c)
        if c is None or len(c) == count:
            return c
        if len(c) != 1:
            raise ValueError(f"c: expected one, or {count}, one for each, got {len(c)}")
        return c.expand(count, *c.shape[1:])

    def _observed(self, x: Any, c: Any) -> tuple[Tensor, Seen]:
        return self.condition(self._as_float(x), self._one_or_each(c))

    def _one_or_each(self, c: Any) -> Tensor | None:
        """c as the data have it, of a user's: one for all, (...), or one for each, (B, ...)."""
        if c is None:
            return None
        c = self.condition.read(c)
        return c[0] if len(c) == 1 else c

    def _as_float(self, x: Any) -> Tensor:
        return self.observe(x).to(next(self.parameters()))


def _whole(name: str, number: Any, least: int) -> int:
    """A user's number, of numpy perhaps, as one of Python."""
    if not isinstance(number, Integral) or number < least:
        raise ValueError(f"{name}: expected a whole number from {least}, got {number}")
    return int(number)
