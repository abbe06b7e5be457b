"""The variational autoencoder, for any posterior, likelihood, prior, KL estimator and objective."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.optim import Optimizer

from vae_exp.kl import KLEstimator
from vae_exp.objective import Objective, Terms


class VAE(nn.Module):
    """A latent-variable model p(x, z) = p(z) p(x|z) with an amortised posterior q(z|x).

        log p(x) ≥ ELBO(x) = E_{q(z|x)}[log p(x|z)] − KL(q(z|x) ‖ p(z))

    Letters: S samples of z, B batch, Z latent dimension, X the datum's event shape.

    Args:
        encoder: ``encoder(x)``, x of shape (*, X), returns q(z|x) with batch (*,), event (Z,).
        decoder: ``decoder(z)``, z of shape (*, Z), returns p(x|z) with batch (*,), event X.
        prior: ``prior()`` returns p(z) with batch (), event (Z,).
        kl: ``kl(q_z, p_z, z)`` estimates KL(q(z|x) ‖ p(z)).
        objective: ``objective(terms)`` is the scalar to minimise; ``objective.samples`` is S.
        optimizer: builds ``vae.optimizer`` from the named parameters, as torch's optimizers do.

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
    ):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.prior = prior
        self.kl = kl
        self.objective = objective
        self.optimizer = optimizer(self.named_parameters())
        self.observe: Callable[[Any], Tensor] = torch.as_tensor  # x of a user's array

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch x (B, X), a scalar to minimise, and the numbers behind it.

        The numbers are detached scalars: ``loss``, ``reconstruction_loss``, ``kl``, ``elbo`` =
        −``reconstruction_loss`` − ``kl``, ``kl_estimate``, and those of the objective, such as
        ``beta``. ``kl_estimate`` is the chosen estimator's value; ``kl`` is the closed form where
        torch has one and Monte Carlo where not, so that ``elbo`` is one whatever is optimised.
        """
        q_z = self.encoder(x)  # q(z|x)
        p_z = self.prior()  # p(z)
        z = q_z.rsample((self.objective.samples,))  # (S, B, Z)
        p_x = self.decoder(z)  # p(x|z)

        reconstruction_loss = self.reconstruction_loss(p_x, x)  # (S, B)
        kl_loss = self.kl_loss(q_z, p_z, z)  # (S, B) or (B,)
        terms = Terms(x, q_z, p_z, p_x, z, reconstruction_loss, kl_loss, self.kl, self.decoder)
        loss = self.objective(terms)
        return loss, self._info(loss, terms, self.kl.reported(q_z, p_z, z, kl_loss))

    def setup(self, x: Tensor, size: int) -> None:
        """Show the parts that want to see them the data that will be trained on, once, before.

        Args:
            x: some of them, (N, X).
            size: how many there are.
        """
        for part in self.children():
            if hasattr(part, "setup"):
                part.setup(x, size)

    def reconstruction_loss(self, p_x: Distribution, x: Tensor) -> Tensor:
        """−log p(x|z) in nats, constants included: (S, B) for p_x of batch (S, B), x (B, X)."""
        return -p_x.log_prob(x)

    def kl_loss(self, q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
        """KL(q(z|x) ‖ p(z)) in nats by the chosen estimator: (S, B), or (B,) in closed form."""
        return self.kl(q_z, p_z, z)

    @torch.no_grad()
    def encode(self, x: Any) -> Tensor:
        """The mean of q(z|x): (*, Z) for x (*, X), any array that ``observe`` takes."""
        return self.encoder(self.observe(x).to(next(self.parameters()))).mean

    @torch.no_grad()
    def reconstruct(self, x: Any) -> Tensor:
        """The mean of p(x|z) at the mean of q(z|x): (*, X) for x (*, X), as ``encode`` takes."""
        return self.decoder(self.encode(x)).mean

    @torch.no_grad()
    def sample(self, count: int) -> Tensor:
        """x ~ p(x|z), z ~ p(z), from the model: (``count``, X).

        ``vae.decoder(vae.prior().sample((count,))).mean`` is without the likelihood's noise.
        """
        return self.decoder(self.prior().sample((count,))).sample()

    @torch.no_grad()
    def _info(self, loss: Tensor, terms: Terms, kl: Tensor) -> dict[str, Tensor]:
        reconstruction_loss, kl = terms.reconstruction_loss.mean(), kl.mean()
        return {
            "loss": loss.detach(),
            "elbo": -reconstruction_loss - kl,
            "reconstruction_loss": reconstruction_loss,
            "kl": kl,
            "kl_estimate": terms.kl_loss.mean(),
            **self.objective.info(),
        }
