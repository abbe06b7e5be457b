"""A user's numbers that are no images."""

import logging
from typing import TYPE_CHECKING

from torch import Tensor
from torch.distributions import constraints

from vae_exp.data import Binarize, Data

if TYPE_CHECKING:
    from vae_exp.data.kind import Kind

log = logging.getLogger(__name__)

SEEN = 1000  # rows, from all over the training data
NAMED = 5  # columns
LARGEST, SMALLEST = 10.0, 0.01  # of a mean and a standard deviation; of the latter


class Table(Data):
    """Rows of any shape, whose numbers are of one kind.

    Args:
        values, labels, binarize, seed: see ``Data``.
        kind: see ``kind.infer_kind``.
    """

    def __init__(
        self,
        values: dict[str, Tensor],
        labels: dict[str, Tensor] | None,
        kind: "Kind",
        binarize: Binarize,
        seed: int,
    ):
        super().__init__(values, labels, 1, binarize, seed)
        self.kind = kind

    def setup(self, support: constraints.Constraint) -> None:
        """Warn of columns that a likelihood of real numbers can hardly learn as they are."""
        super().setup(support)
        if support is constraints.real and self.kind in ("real", "counts"):
            warn_of_scales(self.values["train"])


def warn_of_scales(x: Tensor) -> None:
    """Name the columns of x (N, X) whose mean or standard deviation is far from 0 or 1.

    A network begins with outputs of about 0, and one scale may be learned for all: what is of the
    size of 50,000 has to be reached in steps of the size of the learning rate.
    """
    chosen = slice(None, None, max(1, len(x) // SEEN))
    rows = x[chosen].double()
    mean, std = rows.mean(0), rows.std(0)
    wild = (mean.abs() > LARGEST) | (std > LARGEST) | ((std > 0) & (std < SMALLEST))
    places = wild.nonzero().tolist()
    if not places:
        return
    named = [
        f"{place[0] if len(place) == 1 else place} ({mean[*place]:.4g} ± {std[*place]:.2g})"
        for place in places[:NAMED]
    ]
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    log.warning(
        f"data.path: {len(places)} of {mean.numel()} columns are far from mean 0 and standard "
        f"deviation 1, which training begins with: {', '.join(named)}{more}; standardise them in "
        "the file, or expect a poor ELBO"
    )
