"""Where importance sampling draws z of a datum, of which components may be missing."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.distribution.observed import given

if TYPE_CHECKING:
    from vae_exp.inference import Inference

SHARE = 16  # samples for each completion, so that these take about as long as the samples
MOST = 32  # completions
STEPS = 5  # of a chain; more gained little


class Proposal:
    """r(z) = (1 − s) q(z|x_obs) + s 1/M Σ_m q(z|x_obs, x_mis^m), s = ⌊K/2⌋ / K, or q(z|x) alone.

    An encoder that sees zeros in the place of what is missing knows it too well, as if the datum
    had that value: it is far narrower than p(z|x_obs), and importance weights lack what it does not
    reach. Given a complete datum it is what it was trained to be, so that those of M completions
    reach as far as these do. Weights p(x_obs, z) / r(z) are unbiased whatever the completions are.

    Args:
        q_z: q(z|x_obs), batch (B,).
        of_completions: q(z|x_obs, x_mis^m) for each m, likewise, none where nothing is missing.
        samples: K, of which the first ⌈K/2⌉, or all, are of q(z|x_obs).
    """

    def __init__(self, q_z: Distribution, of_completions: Sequence[Distribution], samples: int):
        self.q_z = q_z
        self.others = of_completions if samples > 1 else ()
        self.own = samples - samples // 2 if self.others else samples
        self.share = 1 - self.own / samples

    def sample(self, start: int, count: int) -> Tensor:
        """z of so many of the K, (S, B, Z)."""
        own = min(max(self.own - start, 0), count)
        chosen = torch.randint(max(1, len(self.others)), (count - own,)).bincount().tolist()
        drawn = zip([self.q_z, *self.others], [own, *chosen])
        return torch.cat([q.sample((times,)) for q, times in drawn if times])

    def log_prob(self, z: Tensor, log_q: Tensor) -> Tensor:
        """log r(z), (S, B), of z (S, B, Z) with log q(z|x_obs)."""
        if not self.others:
            return log_q
        each = torch.stack([other.log_prob(z) for other in self.others])
        log_others = each.logsumexp(0) + math.log(self.share / len(self.others))
        return torch.logaddexp(log_q + math.log1p(-self.share), log_others)


@torch.no_grad()
def propose(
    vae: "Inference", q_z: Distribution, p_z: Distribution, x: Tensor, c: Any, samples: int
) -> Proposal:
    """What to draw K samples of z from, of data of which a component is missing or of others.

    A completion is where a pseudo-Gibbs chain has come to: of z ~ p(z) at first, it draws x_mis
    from p(x_mis|z) and z from q(z|x_obs, x_mis) in turn.

    Args:
        q_z, p_z: q(z|x_obs, c) and p(z|c).
        x: (B, X) with NaN where it is missing, of conditions c (B, ...), or none.
        samples: K.

    Source: the chain: Rezende, Mohamed and Wierstra 2014, arXiv 1401.4082, appendix F; mixtures as
        proposals: Owen and Zhou 2000, "Safe and effective importance sampling".
    """
    missing = x.isnan()
    if samples == 1 or not missing.any():
        return Proposal(q_z, (), samples)
    modelled, seen = vae.condition(x, c)

    def posterior(x: Tensor) -> Distribution:
        x, seen = vae.condition(x, c)
        return vae.encoder(x, *seen.encoder)

    def complete(z: Tensor) -> Tensor:
        p_x = given(vae.decoder(z, *seen.decoder), modelled)
        return torch.where(missing, p_x.sample(), x)

    many = min(MOST, max(1, samples // SHARE))
    z = p_z.sample((many,) if p_z.batch_shape else (many, len(x)))  # (M, B, Z)
    for _ in range(STEPS):
        z = posterior(complete(z)).sample()
    return Proposal(q_z, [posterior(each) for each in complete(z)], samples)
