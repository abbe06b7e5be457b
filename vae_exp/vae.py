"""The variational autoencoder, for any posterior, likelihood, prior, KL estimator and objective."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.optim import Optimizer

from vae_exp.condition import Condition, Seen
from vae_exp.condition.none import Unconditional
from vae_exp.distribution.space import centre
from vae_exp.expectation import PATHWISE, Expectation
from vae_exp.importance import check_inside, score
from vae_exp.imputation import Imputed, impute_all
from vae_exp.kl import KLEstimator
from vae_exp.objective import Objective, Terms

AT_ONCE = 4_000_000  # numbers that are held while data are scored


class VAE(nn.Module):
    """A latent-variable model p(x, z) = p(z) p(x|z) with an amortised posterior q(z|x).

        log p(x) ≥ ELBO(x) = E_{q(z|x)}[log p(x|z)] − KL(q(z|x) ‖ p(z))

    With a condition c of the datum, all of it is given c: p(x, z|c) = p(z|c) p(x|z, c), q(z|x, c).
    Components of x that are NaN are not observed, and p(x|z) is that of the others.

    Letters: S samples of z, B batch, Z latent dimension, X the datum's event shape.

    Args:
        encoder: ``encoder(x)``, x of shape (*, X), returns q(z|x) with batch (*,), event (Z,).
        decoder: ``decoder(z)``, z of shape (*, Z), returns p(x|z) with batch (*,), event X.
        prior: ``prior()`` returns p(z) with batch (), event (Z,).
        kl: ``kl(q_z, p_z, z)`` estimates KL(q(z|x) ‖ p(z)).
        objective: ``objective(terms)`` is the scalar to minimise; ``objective.samples`` is S.
        condition: ``condition(x, c)`` is what is modelled of x, and what each part sees of c; none
            for an unconditional model.
        optimizer: builds ``vae.optimizer`` from the named parameters, as torch's optimizers do.

    Raises:
        ValueError: the condition or the encoder refuses a part.
    Units: nats per datum, summed over the event and averaged over the batch.
    Source: Kingma and Welling 2013, arXiv 1312.6114; Rezende et al. 2014, arXiv 1401.4082.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        prior: nn.Module,
        kl: KLEstimator,
        objective: Objective,
        optimizer: Callable[[Iterable[tuple[str, nn.Parameter]]], Optimizer],
        condition: Condition | None = None,
    ):
        super().__init__()
        self.condition: Condition = Unconditional(mask=False) if condition is None else condition
        self.encoder = encoder
        self.decoder = decoder
        self.prior = prior
        self.kl = kl
        self.objective = objective
        self.condition.check(decoder, kl, objective)
        self.expectation.check(decoder, kl, objective)
        self.optimizer: Optimizer = optimizer(self.named_parameters())
        self.observe: Callable[[Any], Tensor] = torch.as_tensor  # x of a user's array

    def forward(self, x: Tensor, c: Any = None) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch x (B, X), a scalar to minimise, and the numbers behind it.

        The numbers are detached scalars: ``loss``, ``reconstruction_loss``, ``kl``, ``elbo`` =
        −``reconstruction_loss`` − ``kl``, ``kl_estimate``, and those of the objective, such as
        ``beta``, and of the condition, such as ``accuracy``. ``kl_estimate`` is the chosen
        estimator's value; ``kl`` is the closed form where torch has one and Monte Carlo where not,
        so that ``elbo`` is one whatever is optimised. Where a class of x is unknown, the sum over
        classes, weighted by q(y|x), stands for each of these.
        """
        possible = self.condition.possible(x, c)
        x, seen = self.condition(possible.x, possible.c)
        q_z = self.encoder(x, *seen.encoder)  # q(z|x, c)
        p_z = self.prior(*seen.prior)  # p(z|c)
        z = self.expectation.draw(q_z, self.objective.samples)  # (S, B, Z)
        p_x = self.decoder(z, *seen.decoder)  # p(x|z, c)

        reconstruction_loss = self.reconstruction_loss(p_x, x)  # (S, B)
        kl_loss = self.kl_loss(q_z, p_z, z)  # (S, B) or (B,)
        losses = reconstruction_loss, kl_loss
        parts = self.kl, self.decoder, possible.weight, self.expectation
        terms = Terms(x, q_z, p_z, p_x, z, *losses, *parts)
        loss = self.objective(terms) + possible.loss
        info = self._info(loss, terms, self.kl.reported(q_z, p_z, z, kl_loss))
        return loss, {**info, **possible.info}

    def reconstruction_loss(self, p_x: Distribution, x: Tensor) -> Tensor:
        """−log p(x|z) in nats, constants included: (S, B) for p_x of batch (S, B), x (B, X)."""
        return -p_x.log_prob(x)

    def kl_loss(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """KL(q(z|x) ‖ p(z)) in nats by the chosen estimator: (S, B), or (B,) in closed form."""
        return self.kl(q_z, p_z, z)

    @torch.no_grad()
    def _info(self, loss: Tensor, terms: Terms, kl: Tensor) -> dict[str, Tensor]:
        reconstruction_loss = terms.mean(terms.reconstruction_loss, "reconstruction_loss")
        kl = terms.mean(kl, "kl")
        return {
            "loss": loss.detach(),
            "elbo": -reconstruction_loss - kl,
            "reconstruction_loss": reconstruction_loss,
            "kl": kl,
            "kl_estimate": terms.mean(terms.kl_loss, "kl"),
            **self.objective.info(),
        }

    @property
    def expectation(self) -> Expectation:
        """How averages over q(z|x) are taken and differentiated: the encoder's way."""
        return getattr(self.encoder, "expectation", PATHWISE)

    def setup(self, x: Tensor, size: int, c: Any = None) -> None:
        """Show the parts that want to see them the data that will be trained on, once, before.

        Args:
            x: some of them, (N, X).
            size: how many there are.
            c: the conditions of all that there are, or of the first ones, x among them, (*, ...),
                of a conditional model.
        """
        self.condition.fit(c)
        x, _ = self.condition(x, None if c is None else c[: len(x)])
        for part in self.children():
            if callable(setup := getattr(part, "setup", None)):
                setup(x, size)

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
        """The mean of p(x|z, c): (*, X) for z (*, Z).

        Args:
            c: as for ``encode``.
        """
        z = torch.as_tensor(z).to(next(self.parameters()))
        c = self._one_or_each(c)
        mean = self.decoder(z, *self.condition.seen(c).decoder).mean
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
        self, x: Any, c: Any = None, *, samples: int, max_elements: int = AT_ONCE
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
            ValueError: there is no such datum, or K is not positive.
        """
        x, c = self._data(x, c, samples)
        return score(self, x, c, samples, max_elements)

    @torch.no_grad()
    def impute(
        self,
        x: Any,
        c: Any = None,
        *,
        samples: int,
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
        x, c = self._data(x, c, samples)
        if draws < 0:
            raise ValueError(f"draws: expected 0 or more, got {draws}")
        return impute_all(self, x, c, samples, draws, max_elements)

    @torch.no_grad()
    def sample(self, count: int, c: Any = None) -> Tensor:
        """x ~ p(x|z, c), z ~ p(z|c), from the model: (``count``, X).

        ``vae.decoder(vae.prior().sample((count,))).mean`` is without the likelihood's noise.

        Args:
            c: the condition, of a conditional model: one for all draws, or one for each.
        """
        x = self.sample_latent(count, c)[1].sample()
        return x if c is None else self.condition.complete(x, self.condition.read(c))

    @torch.no_grad()
    def sample_latent(self, count: int, c: Any = None) -> tuple[Tensor, Distribution]:
        """z ~ p(z|c), (``count``, Z), and p(x|z, c).

        Raises:
            ValueError: c is none of the model's, or as many as neither one nor ``count``.
        """
        seen = self.condition.seen(self._conditions(c, count))
        p_z = self.prior(*seen.prior)
        z = p_z.sample(() if p_z.batch_shape else (count,))
        return z, self.decoder(z, *seen.decoder)

    def _data(self, x: Any, c: Any, samples: int) -> tuple[Tensor, Tensor | None]:
        """x (N, X) and c (N, ...) of a user's, of each of which K samples are to be weighed."""
        if samples < 1:
            raise ValueError(f"samples: expected a positive number, got {samples}")
        x = self._as_float(x)
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
