"""Test data as a table of W&B: the likeliest, the least likely, and some at random."""

from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.data.encoded_table import decode_table
from vae_exp.evaluation.reconstructions import reconstruct
from vae_exp.plots.thumbnails import thumbnails
from vae_exp.runtime.evaluating import evaluating
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

if TYPE_CHECKING:
    import wandb

OF_A_KIND = 8
NUMBERS = ("log_likelihood", "elbo", "kl", "reconstruction_loss", "effective_sample_size")
MOST_NUMBERS = 16  # of a vector, that are written out


def choose(log_likelihood: Tensor) -> list[tuple[str, int]]:
    """``worst``, ``best`` and ``random`` data by their log-likelihood (N,), none twice.

    What is not finite is among the worst.
    """
    low = log_likelihood.nan_to_num(nan=-torch.inf, posinf=-torch.inf, neginf=-torch.inf)
    order = low.argsort(stable=True).tolist()
    count = min(OF_A_KIND, len(order) // 3)
    others = order[count : len(order) - count]
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randperm(len(others), generator=generator)[:count].tolist()
    kinds = {
        "worst": order[:count],
        "best": order[::-1][:count],
        "random": [others[place] for place in drawn],
    }
    return [(kind, index) for kind, indices in kinds.items() for index in indices]


@torch.no_grad()
def data_table(vae: VAE, data: Data, each: dict[str, Tensor]) -> "wandb.Table":
    """Input, reconstruction, label and numbers in nats of some test data.

    Args:
        each: numbers of each test datum, (N,), see ``importance_weighted``.
    """
    import wandb

    chosen = choose(each["log_likelihood"])
    index = torch.tensor([place for _, place in chosen])
    with evaluating(vae), isolate_rng(data.device):
        x, c = data.at("test", index.to(data.storage))
        mean = reconstruct(vae, x, c)
    shown = list(zip(*_shown(torch.stack([x, mean]).float().cpu(), data)))
    labels = data.classes_of("test", index) or []
    columns = ["which", "index", "input", "reconstruction"]
    columns += [*(["label"] if labels else []), *NUMBERS]
    rows = [
        [
            kind,
            place,
            *shown[n],
            *labels[n : n + 1],
            *(each[name][place].item() for name in NUMBERS),
        ]
        for n, (kind, place) in enumerate(chosen)
    ]
    return wandb.Table(columns, rows)


def _shown(pairs: Tensor, data: Data) -> list[list[Any]]:
    """Inputs and reconstructions (2, N, X) as what a cell has: a picture, or values as text."""
    import wandb

    if pairs.dim() > 3:
        return [[wandb.Image(picture) for picture in row] for row in thumbnails(pairs)]
    if data.observation.variables:
        return [_named(decode_table(x, data.observation.variables)) for x in pairs]
    return [[_written(values) for values in x.numpy()] for x in pairs]


def _named(columns: dict[str, list[Any]]) -> list[str]:
    rows = zip(*columns.values())
    return [", ".join(f"{name}={_short(v)}" for name, v in zip(columns, row)) for row in rows]


def _written(values: numpy.ndarray) -> str:
    rest = "" if len(values) <= MOST_NUMBERS else f", ... ({len(values)} in all)"
    return ", ".join(_short(float(value)) for value in values[:MOST_NUMBERS]) + rest


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
