"""How useful the latents are to someone who wants the labels, or the covariates."""

from torch import Tensor

from vae_exp.data import Data
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.classifiers import logistic_regression, nearest_neighbours
from vae_exp.evaluation.latents import Latents, encode_split
from vae_exp.vae import VAE

TRIED = 256  # of them: a fit to fewer may take as many iterations, or more
TRAINING_DATA = 10_000  # at most, so that this stays a matter of seconds
NEIGHBOURS = 10


def probe(vae: VAE, data: Data, split: str, latents: Latents, budget: Budget) -> dict[str, float]:
    """Accuracy on a split of two classifiers of latents, fitted to the training data's.

    Args:
        latents: of the split, or of its first data.

    Returns:
        ``linear_probe_accuracy`` of logistic regression and ``knn_accuracy`` of the majority of
        ten neighbours, for the labels, from E_q[z] scaled to unit variance; nothing of what has no
        two classes. For each covariate that is a category, ``batch`` say, the same with its name
        behind, ``linear_probe_accuracy_batch``, from a draw z ~ q(z|x, c), for the question is
        what z tells of it: where p(z) is the same for all c, nothing at best. E_q[z] may tell more,
        by differences that are small beside the width of q. ``chance_accuracy_batch`` is that of
        who always says the training data's most frequent.
    """
    train, held_out = known_classes(data, "train"), known_classes(data, split)
    if not any(len(y.unique()) > 1 for y in train.values()):
        return {}

    def fit(size: int) -> dict[str, float]:
        fitted = encode_split(vae, data, "train", limit=size)
        return tell(fitted, latents, train, held_out)

    size = min(TRAINING_DATA, data.size("train"))
    return fit(budget.affordable("probes' training data", size, fit, first=TRIED))


def tell(
    fitted: Latents, latents: Latents, train: dict[str, Tensor], held_out: dict[str, Tensor]
) -> dict[str, float]:
    """The numbers of ``probe``, from classes of the data that are fitted to and of those held out.

    Shapes: of each class (N,) or more, the first of which are those of the latents.
    """
    means, draws = scaled(fitted.means, latents.means), scaled(fitted.draws, latents.draws)
    numbers: dict[str, float] = {}
    for name, classes in train.items():
        y, known = classes[: len(fitted.means)], held_out[name][: len(latents.means)]
        if len(y.unique()) < 2:
            continue
        x = draws if name else means
        numbers |= {f"{key}{name}": value for key, value in accuracies(*x, y, known).items()}
        if name:
            most = y.mode().values
            numbers[f"chance_accuracy{name}"] = (known == most).double().mean().item()
    return numbers


def scaled(x: Tensor, held_out: Tensor) -> tuple[Tensor, Tensor]:
    """Both (N, Z), as the first of them has mean 0 and variance 1."""
    loc, scale = x.mean(0), x.std(0).clamp(min=1e-6)
    return (x - loc) / scale, (held_out - loc) / scale


def known_classes(data: Data, split: str) -> dict[str, Tensor]:
    """What a classifier may be asked for of each datum, (N,), by what its numbers end in."""
    found = {} if data.labels is None else {"": data.labels[split].cpu()}
    for place, column in enumerate(data.columns):
        if column.categories:
            found[f"_{column.name}"] = data.covariates[split][:, place].long().cpu()
    return found


def accuracies(x: Tensor, held_out: Tensor, y: Tensor, known: Tensor) -> dict[str, float]:
    """How often classifiers that are fitted to x (N, Z) and y (N,) are right on held-out data."""
    found = {
        "linear_probe_accuracy": logistic_regression(x, y, held_out),
        "knn_accuracy": nearest_neighbours(x, y, held_out, min(NEIGHBOURS, len(x))),
    }
    return {name: (guess == known).double().mean().item() for name, guess in found.items()}
