"""What a model makes of what is missing, and how near that is to what was hidden."""

import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.data import Data
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.importance import sizes_at_once
from vae_exp.imputation import Imputed, impute, named
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

DATA = 1000  # whose errors are taken at most


@torch.no_grad()
def impute_split(
    vae: VAE,
    data: Data,
    split: str,
    samples: int,
    draws: int,
    max_elements: int,
    size: int | None = None,
    progress: Progress = silent,
) -> Imputed:
    """The first ``size`` data of a split, or all, filled in with the same noise always, on the CPU.

    Args:
        samples: K, see ``vae_exp.imputation.impute``.
        draws: D, how many to return.
        max_elements: how many numbers are held at once, about.
    """
    vae.eval()
    size = min(size or data.size(split), data.size(split))
    numbers = data.values["train"][0].numel()
    batch_size, at_once = sizes_at_once(vae, numbers, samples, max_elements)
    means, drawn = [], []
    with isolate_rng(data.device):
        p_z = None if vae.condition.sees("prior") else vae.prior()
        for start in range(0, size, batch_size):
            progress("imputation", start / size)
            x, c = data.at(split, slice(start, min(start + batch_size, size)))
            found = impute(vae, p_z, x, c, samples, draws, at_once)
            means.append(found.mean.cpu())
            drawn.append(found.draws.cpu())
    return Imputed(torch.cat(means), torch.cat(drawn, dim=1))


def imputation(
    vae: VAE, data: Data, split: str, samples: int, max_elements: int, budget: Budget
) -> dict[str, float]:
    """How near the imputed values are to those that ``data.missing`` has hidden, of up to 1000 data
    or as many as fit into the budget.

    Returns:
        ``imputation_accuracy``, the share of bits, and of places among categories, that are right,
        and ``imputation_rmse``, the root of the mean squared error of all else, in units of x, or
        of standard deviations where networks see x standardised; nothing where nothing is hidden,
        or what was is drawn anew each time.
    """
    if data.hidden is None or split in data.redrawn:
        return {}

    def work(size: int) -> Imputed:
        return impute_split(vae, data, split, samples, 0, max_elements, size)

    size = budget.affordable("imputation", min(DATA, data.size(split)), work)
    return errors(vae, data, split, work(size).mean)


def errors(vae: VAE, data: Data, split: str, imputed: Tensor) -> dict[str, float]:
    """The two of ``imputation``, for the first data of a split, filled in, (B, X)."""
    rows = slice(0, len(imputed))
    truth, hidden = data.complete(split, rows).cpu(), data.hidden[split][rows]
    places = named(vae, data.shape).expand_as(hidden)
    if vae.decoder.support is constraints.boolean:
        places = torch.ones_like(hidden)
    right = (imputed.round() == truth)[hidden & places]
    found = {}
    if len(right):
        found["imputation_accuracy"] = right.double().mean().item()
    moments = getattr(data, "moments", None)
    scale = 1.0 if moments is None else moments.scale
    squares = ((imputed - truth) / scale).double().square()[hidden & ~places]
    if len(squares):
        found["imputation_rmse"] = squares.mean().sqrt().item()
    return found
