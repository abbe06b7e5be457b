"""Where a prior has its mass."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from vae_exp.runtime.rng import isolate_rng

SAMPLES = 10_000


def mean_and_deviation(p_z: Distribution, device: torch.device) -> tuple[Tensor, Tensor]:
    """E_p[z_d] and the standard deviation of z_d, each (Z,), on the CPU, of a batch of one.

    From samples where torch does not know them, as of a flow.
    """
    try:
        mean, deviation = p_z.mean, p_z.stddev
    except NotImplementedError:
        with isolate_rng(device):
            z = p_z.sample((SAMPLES,))
        mean, deviation = z.mean(dim=0), z.std(dim=0)
    return mean.detach().cpu().flatten(), deviation.detach().cpu().flatten()
