"""An estimator of the KL under test, and the pairs of q and p that it is tried on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from vae_exp.checking.verdict import Wrong
from vae_exp.kl import KLEstimator

BATCH = 4
Pair = tuple[Distribution, Distribution, list[Tensor]]


@dataclass
class Estimator:
    """An estimator that can be built again, and pairs of q and p that it takes.

    Args:
        build: the estimator.
        pairs: by name, functions of how far q is from p that give q of batch (4,), p, and the
            parameters of q.
    """

    build: Callable[[], KLEstimator]
    pairs: Mapping[str, Callable[[float], Pair]]

    def __post_init__(self):
        refusals = []
        for name, pair in self.pairs.items():
            q, p, _ = pair(1.0)
            try:
                self.part()(q, p, q.rsample((2,)))
            except ValueError as error:
                refusals.append(str(error))
                continue
            self.name, self.pair = name, pair
            return
        raise ValueError(refusals[0])

    def part(self) -> KLEstimator:
        part = self.build().double().eval()
        if hasattr(part, "setup"):
            part.setup(torch.zeros(BATCH, 1), BATCH)  # the batch is all data that there are
        return part


def gaussians(apart: float) -> Pair:
    """q = Π_d N(m_d, s_d²) and p = Π_d N(0.3, 1.4²), with means and scales so far apart.

    Of scales above p's / √2, where estimators in powers of the ratio have a variance.
    """
    steps = torch.linspace(-1, 1, 3 * BATCH, dtype=torch.float64).view(BATCH, 3)
    loc = 0.3 + 1.4 * apart * (steps + 0.1)
    log_scale = torch.log(torch.tensor(1.4)) + 0.2 * apart * steps.flip(0)
    loc, log_scale = loc.requires_grad_(), log_scale.requires_grad_()
    q = Independent(Normal(loc, log_scale.exp(), validate_args=False), 1, validate_args=False)
    p_loc, p_scale = torch.full((2, 3), 0.3).double()[0], torch.full((3,), 1.4).double()
    p = Independent(Normal(p_loc, p_scale, validate_args=False), 1, validate_args=False)
    return q, p, [loc, log_scale]


def estimate(part: KLEstimator, q: Distribution, p: Distribution, z: Tensor) -> Tensor:
    """Of each sample, (S, B).

    Raises:
        Wrong: it has another shape.
    """
    found = part(q, p, z)
    if tuple(found.shape) not in (tuple(z.shape[:2]), tuple(z.shape[1:2])):
        raise Wrong(
            f"expected an estimate of shape (S, B) = {tuple(z.shape[:2])}, or (B,), got "
            f"{tuple(found.shape)}; is the sum over latent dimensions forgotten, or one over "
            "samples or data too many?"
        )
    return found.expand(z.shape[:2])
