"""Two classifiers of points, in torch, for scikit-learn takes seconds to import."""

import torch
from torch import Tensor
from torch.nn import functional as F

PENALTY = 1.0  # on ½ ‖W‖², beside the sum of the losses: C = 1 in scikit-learn's terms
ITERATIONS = 500
TOLERANCE = 1e-5  # of the largest component of the gradient of the average loss
DISTANCES = 10_000_000  # held at once


def logistic_regression(x: Tensor, y: Tensor, held_out: Tensor) -> Tensor:
    """The likeliest class of each held-out point, by a linear model fitted to x and y.

        min_{W, b} Σ_n −log softmax(W x_n + b)[y_n] + ½ ‖W‖²

    It is convex, and L-BFGS in double precision finds its one minimum. Of two classes the first has
    the logit 0, so that W is one row, as is usual.

    Args:
        x: (N, Z).
        y: the class of each, (N,), whole numbers.
        held_out: (M, Z).

    Returns:
        classes, (M,).
    """
    classes, y = y.unique(return_inverse=True)
    x, held_out = x.double(), held_out.double()
    free = len(classes) if len(classes) > 2 else 1
    weight = torch.zeros(x.shape[1] + 1, free, dtype=x.dtype, requires_grad=True)

    def logits(points: Tensor) -> Tensor:
        return F.pad(torch.addmm(weight[-1], points, weight[:-1]), (len(classes) - free, 0))

    optimizer = torch.optim.LBFGS(
        [weight],
        max_iter=ITERATIONS,
        tolerance_grad=TOLERANCE,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        penalty = PENALTY / 2 * weight[:-1].square().sum() / len(x)
        value = F.cross_entropy(logits(x), y) + penalty
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    return classes[logits(held_out).detach().argmax(-1)]


def nearest_neighbours(x: Tensor, y: Tensor, held_out: Tensor, neighbours: int) -> Tensor:
    """The class that most of the nearest x (N, Z) have, of each held-out point; of several that as
    many have, the first.

    Args:
        y, held_out: see ``logistic_regression``.
        neighbours: how many have a vote.

    Returns:
        classes, (M,).
    """
    classes, y = y.unique(return_inverse=True)
    votes = F.one_hot(y, len(classes))
    x, found = x.double(), []
    for points in held_out.double().split(max(1, DISTANCES // len(x))):
        nearest = torch.cdist(points, x).topk(neighbours, largest=False).indices  # (M, neighbours)
        count = votes[nearest].sum(1)
        # the first of the largest; of equal numbers argmax may take any
        ranked = count * len(classes) + torch.arange(len(classes) - 1, -1, -1)
        found.append(ranked.argmax(-1))
    return classes[torch.cat(found)]
