"""The variational autoencoder, for any posterior, likelihood, prior, KL estimator and objective."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.optim import Optimizer

from vae_exp.condition import Condition
from vae_exp.condition.none import Unconditional
from vae_exp.condition.possible import Possible
from vae_exp.expectation import PATHWISE, Expectation
from vae_exp.inference import Inference
from vae_exp.kl import KLEstimator
from vae_exp.objective import Objective, Terms


class VAE(Inference):
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
        ValueError: the condition, the encoder or the objective refuses a part.
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
        condition = Unconditional(mask=False) if condition is None else condition
        super().__init__(encoder, decoder, prior, condition)
        self.kl = kl
        self.objective = objective
        self.condition.check(decoder, kl, objective)
        self.expectation.check(decoder, kl, objective)
        self.objective.check(decoder, kl)
        self.optimizer: Optimizer = optimizer(self.named_parameters())

    def forward(self, x: Tensor, c: Any = None) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch x (B, X), a scalar to minimise, and the numbers behind it.

        The numbers are detached scalars: ``loss``, ``reconstruction_loss``, ``kl``, ``elbo`` =
        −``reconstruction_loss`` − ``kl``, ``kl_estimate``, and those of the objective, such as
        ``beta``, and of the condition, such as ``accuracy``. ``kl_estimate`` is the chosen
        estimator's value; ``kl`` is the closed form where torch has one and Monte Carlo where not,
        so that ``elbo`` is one whatever is optimised. Where a class of x is unknown, the sum over
        classes, weighted by q(y|x), stands for each of these, and KL(q(y|x) ‖ p(y)) is part of the
        KL, so that ``elbo`` is a bound on log p(x).
        """
        possible = self.condition.possible(x, c)
        x, seen = self.condition(possible.x, possible.c)
        q_z = self.encoder(x, *seen.encoder)  # q(z|x, c)
        p_z = self.prior(*seen.prior)  # p(z|c)
        z = self.expectation.draw(q_z, self.objective.samples)  # (S, B, Z)
        p_x = self.decoder(z, *seen.decoder)  # p(x|z, c)

        reconstruction_loss = self.reconstruction_loss(p_x, x)  # (S, B)
        kl_loss = self.kl_loss(q_z, p_z, z)  # (S, B) or (B,)
        terms = Terms(
            x=x,
            q_z=q_z,
            p_z=p_z,
            p_x=p_x,
            z=z,
            reconstruction_loss=reconstruction_loss,
            kl_loss=kl_loss,
            kl=self.kl,
            decoder=self.decoder,
            weight=possible.weight,
            expectation=self.expectation,
        )
        loss = self.objective(terms) + possible.loss
        info = self._info(loss, terms, self.kl.reported(q_z, p_z, z, kl_loss), possible)
        return loss, {**info, **possible.info}

    def reconstruction_loss(self, p_x: Distribution, x: Tensor) -> Tensor:
        """−log p(x|z) in nats, constants included: (S, B) for p_x of batch (S, B), x (B, X)."""
        return -p_x.log_prob(x)

    def kl_loss(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """KL(q(z|x) ‖ p(z)) in nats by the chosen estimator: (S, B), or (B,) in closed form."""
        return self.kl(q_z, p_z, z)

    @torch.no_grad()
    def _info(
        self, loss: Tensor, terms: Terms, kl: Tensor, possible: Possible
    ) -> dict[str, Tensor]:
        reconstruction_loss = terms.mean(terms.reconstruction_loss, "reconstruction_loss")
        kl = possible.with_its_own(terms.mean(kl, "kl"))
        return {
            "loss": loss.detach(),
            "elbo": -reconstruction_loss - kl,
            "reconstruction_loss": reconstruction_loss,
            "kl": kl,
            "kl_estimate": possible.with_its_own(terms.mean(terms.kl_loss, "kl")),
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
