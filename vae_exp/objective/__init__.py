"""What is minimised: one objective a file, all with the contract of ``Objective``."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.distribution.detach import detach
from vae_exp.expectation import PATHWISE, Expectation
from vae_exp.kl import KLEstimator


@dataclass(frozen=True, slots=True)
class Terms:
    """What an objective is made of: one batch on its way through the model, in nats.

    Args:
        x: the batch, (B, X).
        q_z, p_z, p_x: q(z|x), batch (B,); p(z), batch (); p(x|z), batch (S, B).
        z: the samples of q(z|x), (S, B, Z).
        reconstruction_loss: −log p(x|z), (S, B).
        kl_loss: the estimate of KL(q(z|x) ‖ p(z)), (S, B), or (B,) where it does not depend on
            the sample.
        kl: the estimator that gave it.
        decoder: what gave p(x|z).
        weight: of each of the B in ``mean``, (B,), with sum 1, or none where they count alike.
        expectation: how averages over the samples are taken and differentiated.
    """

    x: Tensor
    q_z: Distribution
    p_z: Distribution
    p_x: Distribution
    z: Tensor
    reconstruction_loss: Tensor
    kl_loss: Tensor
    kl: KLEstimator
    decoder: Callable[[Tensor], Distribution]
    weight: Tensor | None = None
    expectation: Expectation = PATHWISE

    def mean(self, values: Tensor, term: str = "bound") -> Tensor:
        """The average of (B,), or (S, B), over samples and batch, a scalar.

        Args:
            term: what the values of samples are, see ``Expectation``: ``reconstruction_loss``,
                ``kl`` or ``bound``.
        """
        if values.ndim > 1:
            values = self.expectation.each(values, self.q_z, self.z, term)
        return self._average(values)

    def mean_bound(self, of: Callable[[Tensor], Tensor]) -> Tensor:
        """The average over the batch of a function of all ``log_weight`` of a datum, a scalar.

        Args:
            of: (S, *) to (*,), or to (M, *), whose average counts.
        """
        return self._average(self.expectation.bound(of, self.log_weight(), self.q_z, self.z))

    def _average(self, values: Tensor) -> Tensor:
        if self.weight is None:
            return values.mean()
        return (self.weight * values).sum(-1).mean()

    def mean_kl_per_latent(self) -> Tensor:
        """The ``mean`` of ``kl_loss`` by latent dimension: (D,), D = Z, or 1 for a joint one."""
        kl_per_latent = self.kl.per_latent(self.q_z, self.p_z, self.z)  # (S, B, D) or (B, D)
        if kl_per_latent.ndim > 2:
            kl_per_latent = self.expectation.each(kl_per_latent, self.q_z, self.z, "kl")
        if self.weight is not None:
            kl_per_latent = (self.weight.unsqueeze(-1) * kl_per_latent).sum(-2, keepdim=True)
        return kl_per_latent.flatten(end_dim=-2).mean(0)

    def log_weight(self) -> Tensor:
        """log w = log p(x|z) + log p(z) − log q(z|x), (S, B).

        Raises:
            ValueError: as ``check_weighable``, of an objective that did not say that it needs it.
        """
        check_weighable(self.kl, self.decoder)
        return -(self.reconstruction_loss + self.kl_loss)

    def log_weight_at_fixed_q(self) -> Tensor:
        """``log_weight`` with no gradient in the parameters of q but through the samples."""
        log_q = detach(self.q_z).log_prob(self.z)
        return self.p_z.log_prob(self.z) - log_q - self.reconstruction_loss


class Objective(nn.Module):
    """``objective(terms)`` is the scalar to minimise; ``objective.samples`` is S.

    ``weighs_samples`` where it is no average over samples: it needs the log-ratio of each from the
    KL estimator, and a likelihood of each that does not depend on the others, or the model is
    refused when it is built; ``reparametrises`` where its gradient goes through samples that are
    smooth functions of the parameters of q; ``compares_data`` where it is no average of something
    of each datum; ``needs_real_latents`` where z must be real numbers, and no codes or points of a
    sphere; ``is_elbo`` where its value, after a warm-up, is the negative ELBO; ``warmup_steps``,
    after how many training steps that is over. In evaluation mode the value is the one after the
    warm-up, so that epochs can be compared by it.

    Raises:
        ValueError: ``samples`` is not positive.
    """

    weighs_samples = False
    reparametrises = False
    compares_data = False
    needs_real_latents = False
    is_elbo = False
    warmup_steps = 0

    def __init__(self, samples: int):
        super().__init__()
        if samples < 1:
            raise ValueError(f"objective.samples: expected a positive number, got {samples}")
        self.samples = samples

    def check(self, decoder: nn.Module, kl: KLEstimator) -> None:
        """See that these go with it, when the model is built.

        Raises:
            ValueError: one does not, with the key to change.
        """
        if self.weighs_samples:
            check_weighable(kl, decoder)

    def forward(self, terms: Terms) -> Tensor:
        raise NotImplementedError

    def info(self) -> dict[str, Tensor]:
        """Scalars of the objective that are worth a curve of their own."""
        return {}


def check_weighable(kl: KLEstimator, decoder: Callable[[Tensor], Distribution]) -> None:
    """See that these give each sample a weight of its own, log p(x|z) + log p(z) − log q(z|x).

    Raises:
        ValueError: the KL estimator is not −log p(z)/q(z|x) of each sample, value and gradient, or
            the likelihood of a sample depends on the other samples.
    """
    if not kl.is_log_ratio:
        raise ValueError(
            "kl: expected the log-ratio of each sample, with its gradient, which this objective "
            f"weighs, got {type(kl).__name__}; use kl=monte_carlo (and objective=dreg for what "
            "sticking_the_landing does), or objective=elbo"
        )
    if getattr(decoder, "fits_batch", False):
        raise ValueError(
            "decoder.scale: expected fixed, shared or per_pixel, got optimal, which is optimal for "
            "samples that count alike, and not for an objective that weighs them; use "
            "decoder.scale=shared, or objective=elbo"
        )
