"""How useful the latents are to someone who wants the labels."""

import warnings

from torch import Tensor

from vae_exp.data import Data
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.latents import Latents, encode_split
from vae_exp.vae import VAE

TRAINING_DATA = 10_000  # at most, so that this stays a matter of seconds
NEIGHBOURS = 10


def probe(vae: VAE, data: Data, split: str, latents: Latents, budget: Budget) -> dict[str, float]:
    """Accuracy on a split of two classifiers of E_q[z], fitted to the training data's.

    Args:
        latents: of the split, or of its first data.

    Returns:
        ``linear_probe_accuracy`` of logistic regression and ``knn_accuracy`` of the majority of
        ten neighbours, on means scaled to unit variance; nothing where there are no two labels.
    """
    if data.labels is None or len(data.labels["train"].unique()) < 2:
        return {}
    from sklearn.linear_model import LogisticRegression  # heavy, and needed here alone
    from sklearn.neighbors import KNeighborsClassifier

    def encode(size: int) -> Tensor:
        return encode_split(vae, data, "train", limit=size).means

    size = min(TRAINING_DATA, data.size("train"))
    x = encode(budget.affordable("probes' training data", size, encode))
    y = data.labels["train"][: len(x)].cpu().numpy()
    held_out = latents.means
    known = data.labels[split][: len(held_out)].cpu().numpy()
    loc, scale = x.mean(0), x.std(0).clamp(min=1e-6)
    x, held_out = ((x - loc) / scale).numpy(), ((held_out - loc) / scale).numpy()
    classifiers = {
        "linear_probe_accuracy": LogisticRegression(max_iter=500),
        "knn_accuracy": KNeighborsClassifier(min(NEIGHBOURS, len(x))),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that could go on is a fit for this purpose
        return {
            name: float(classifier.fit(x, y).score(held_out, known))
            for name, classifier in classifiers.items()
        }
