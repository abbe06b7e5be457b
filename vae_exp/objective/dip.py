"""The ELBO with latents that are uncorrelated over the data (DIP-VAE)."""

from typing import Literal

from torch import Tensor
from torch.distributions import Distribution

from vae_exp.kl import factorises, family
from vae_exp.objective import Objective, Terms


class DIP(Objective):
    """−ELBO + λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)², over the latents i and j.

    Of DIP-VAE-I, C = Cov_x(E_q[z]) over the batch; of II, C = Cov_x(E_q[z]) + E_x[Cov_q(z|x)], the
    covariance of the aggregate posterior. Covariances are those of the batch, divided by its size
    less one, so that C is unbiased and the penalty somewhat large, by the variance of C. The
    penalty has no units; its weights stand beside nats.

    Args:
        samples: S, the samples of z that reconstruction and KL share.
        kind: ``I`` or ``II``.
        lambda_od: λ_od, of the covariances.
        lambda_d: λ_d, of the variances.

    Raises:
        ValueError: a weight is negative.
    Source: Kumar, Sattigeri and Balakrishnan 2018, "Variational inference of disentangled latent
        concepts from unlabeled observations", arXiv 1711.00848; there λ_d = 10 λ_od for I, and
        λ_d = λ_od for II.
    """

    compares_data = True

    def __init__(self, samples: int, kind: Literal["I", "II"], lambda_od: float, lambda_d: float):
        super().__init__(samples)
        for key, weight in {"lambda_od": lambda_od, "lambda_d": lambda_d}.items():
            if not 0 <= weight < float("inf"):
                raise ValueError(f"objective.{key}: expected 0 or more, got {weight}")
        self.kind, self.lambda_od, self.lambda_d = kind, lambda_od, lambda_d

    def forward(self, terms: Terms) -> Tensor:
        covariance = covariance_of_means(terms.q_z)
        if self.kind == "II":
            covariance = covariance + within(terms.q_z)
        variances = covariance.diagonal()
        others = covariance.square().sum() - variances.square().sum()
        penalty = self.lambda_od * others + self.lambda_d * (variances - 1).square().sum()
        return (
            terms.mean(terms.reconstruction_loss, "reconstruction_loss")
            + terms.mean(terms.kl_loss, "kl")
            + penalty
        )


def covariance_of_means(q_z: Distribution) -> Tensor:
    """Cov_x(E_q[z]) of a batch, (Z, Z); of one datum 0.

    Raises:
        ValueError: the means are not known.
    """
    try:
        mean = q_z.mean
    except NotImplementedError as error:
        raise ValueError(
            "objective: expected another than dip for a posterior whose mean is not known, "
            f"{family(q_z)}; use objective=elbo, or of codes another encoder.gradient than concrete"
        ) from error
    centred = mean - mean.mean(0)
    return centred.T @ centred / max(1, len(centred) - 1)


def within(q_z: Distribution) -> Tensor:
    """E_x[Cov_q(z|x)] of a batch, (Z, Z).

    Raises:
        ValueError: the covariances are not known.
    """
    known = getattr(q_z, "covariance_matrix", None)
    if known is not None:
        return known.mean(0)
    if not factorises(q_z):
        raise ValueError(
            "objective.kind: expected I for a posterior whose covariances are not known, "
            f"{family(q_z)}, got II; use objective.kind=I, or encoder=gaussian or full_gaussian"
        )
    return q_z.variance.mean(0).diag_embed()
