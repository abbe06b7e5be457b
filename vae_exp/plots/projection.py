"""From many latent dimensions to two."""

import numpy
from torch import Tensor
from torch.linalg import eigh

ITERATIONS = 500
TINY = 1e-12


def principal_components(means: Tensor) -> tuple[Tensor, Tensor]:
    """The two directions of largest variance, for means (N, Z), Z ≥ 2.

    Returns coordinates (N, 2), and the share of the variance that each explains, (2,). Each
    direction points to where its largest coordinate is positive: a sign that is the same anywhere.
    """
    centred = (means - means.mean(dim=0)).double()
    variances, directions = eigh(centred.T @ centred)  # ascending; directions in columns
    first_two = directions[:, -2:].flip(1)
    signs = first_two.gather(0, first_two.abs().argmax(dim=0, keepdim=True)).sign()
    shares = variances[-2:].flip(0).clamp(min=0) / variances.sum().clamp(min=TINY)
    return (centred @ (first_two * signs)).float(), shares.float()


def neighbour_embedding(means: Tensor, start: Tensor) -> numpy.ndarray:
    """t-SNE, which keeps neighbours together, whatever becomes of distances: (N, 2) for (N, Z).

    Args:
        start: the principal components, (N, 2), from where it comes out the same each time.

    Source: van der Maaten and Hinton 2008, "Visualizing Data using t-SNE", JMLR 9; for the start
        Kobak and Berens 2019, "The art of using t-SNE", Nature Communications 10.
    """
    from sklearn.manifold import TSNE  # takes a second to import

    small = 1e-4 * start / start[:, 0].std(correction=0).clamp(min=TINY)
    perplexity = max(1.0, min(30.0, (len(means) - 1) / 3))
    model = TSNE(init=small.numpy(), perplexity=perplexity, max_iter=ITERATIONS, random_state=0)
    return model.fit_transform(means.numpy())
