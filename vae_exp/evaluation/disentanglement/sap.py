"""How much better the best latent tells a factor than the next one does."""

import torch
from torch import Tensor


def predictabilities(codes: Tensor, factors: Tensor, held_out: Tensor, known: Tensor) -> Tensor:
    """How well thresholds on one latent alone tell each factor: balanced accuracy, (D, F).

    Of a factor with K values there are up to K − 1 thresholds, chosen by a tree of K leaves that
    takes all values as equally frequent, and tried on held-out data.

    Shapes: codes (N, D) and held_out (M, D), factors (N, F) and known (M, F).
    """
    from sklearn.tree import DecisionTreeClassifier  # heavy, and needed here alone

    table = torch.empty(codes.shape[1], factors.shape[1], dtype=torch.float64)
    for f, (v, true) in enumerate(zip(factors.T, known.T)):
        leaves = len(v.unique())
        for d in range(codes.shape[1]):
            tree = DecisionTreeClassifier(
                max_leaf_nodes=leaves, class_weight="balanced", random_state=0
            )
            tree.fit(codes[:, d : d + 1].numpy(), v.numpy())
            guess = torch.from_numpy(tree.predict(held_out[:, d : d + 1].numpy()))
            right = (guess == true).double()
            each = [right[true == value].mean() for value in true.unique()]
            table[d, f] = torch.stack(each).mean()
    return table


def sap_gaps(table: Tensor, values: Tensor) -> Tensor:
    """The two largest predictabilities of each factor, the first less the second: (F,).

    Their average is the SAP score. The second is at least 1/K, that of no latent at all, so that
    1 − 1/K is the largest gap that there can be.

    Shapes: table (D, F); values, K of each factor, (F,).
    Source: Kumar, Sattigeri and Balakrishnan 2018, "Variational inference of disentangled latent
        concepts from unlabeled observations", arXiv 1711.00848.
    """
    first, second = torch.cat((table, (1 / values).expand(2, -1))).topk(2, dim=0).values
    return first - second
