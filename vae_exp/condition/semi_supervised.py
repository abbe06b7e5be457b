"""Classes as the condition, of which some are known."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from vae_exp.condition import UNKNOWN, Network, Seen
from vae_exp.condition.labels import Labels
from vae_exp.condition.possible import Possible


class SemiSupervised(Labels):
    """c = the class y of the datum, where it is known; else all classes y, weighted by q(y|x).

    With a classifier q(y|x), p(y) = 1/K and the loss −B(x, y) of the objective for a class, such as
    −ELBO, what is minimised of a datum is

        −B(x, y) − log p(y) − α (N / N_labelled) log q(y|x)     where y is known
        Σ_y q(y|x) (−B(x, y) − log p(y)) − H(q(y|x))            where it is not

    N / N_labelled, of the training data, makes the classifier's part of the average over all data
    α times its average over the labelled ones; that over held-out data takes all to be labelled.
    Where one class is needed and unknown, as to encode, it is the most probable one; a score of x
    is of Σ_y p(y) p(x|y), and what is imputed of Σ_y p(y|x_obs) p(x_mis|x_obs, y).

    Args:
        classes, embedding: see ``Labels``.
        x_shape: X.
        network: of the classifier, ``network(in_shape, out_shape)`` is a module between those
            shapes.
        alpha: α.
        encoder, decoder, prior, mask: see ``Condition``.

    Raises:
        ValueError: there are no classes, or α is negative.
    Source: Kingma et al. 2014, "Semi-supervised learning with deep generative models", M2,
        arXiv 1406.5298.
    """

    enumerates = True

    def __init__(
        self,
        classes: Sequence[int | str],
        embedding: int | None,
        x_shape: tuple[int, ...],
        network: Network,
        alpha: float,
        encoder: bool,
        decoder: bool,
        prior: bool | Literal["auto"],
        mask: bool,
    ):
        super().__init__(classes, embedding, encoder, decoder, prior, mask)
        if not 0 <= alpha < math.inf:
            raise ValueError(f"condition.alpha: expected 0 or more, got {alpha}")
        if not any(map(self.sees, self.parts)):
            raise ValueError(
                "condition: expected a part of the model that sees the class, got encoder, decoder "
                "and prior that do not; use condition.decoder=true"
            )
        self.alpha = alpha
        self.classifier = network(tuple(x_shape), (len(classes),))
        self.register_buffer("labelled_share", torch.ones(()))  # N_labelled / N

    def fit(self, c: Tensor | None) -> None:
        """Learn N_labelled / N from the classes (N,) of the training data."""
        if c is not None:
            self.labelled_share.copy_((c != UNKNOWN).float().mean())

    def forward(self, x: Tensor, c: Any = None) -> tuple[Tensor, Seen]:
        """What is modelled of x (B, X), and what each part sees; see ``Condition``.

        Args:
            c: the classes (B,), one for all, (), or none where none is known.
        """
        return super().forward(x, self._completed(x, c))

    def possible(self, x: Tensor, c: Any = None) -> Possible:
        """A datum once for its class, or for each class there is; p(y) = 1/K."""
        given = self._given(x, c)
        log_q = self.log_q(x)  # (B, K)
        known, place = given != UNKNOWN, self._place(given)
        times = torch.where(known, 1, len(self.classes))
        datum = torch.arange(len(x), device=x.device).repeat_interleave(times)
        first = times.cumsum(0) - times
        each = torch.arange(len(datum), device=x.device) - first[datum]  # 0, or 0 to K − 1
        y = torch.where(known[datum], place[datum], each)
        log_p = -math.log(len(self.classes))
        neg_log_q = -log_q.gather(1, place.unsqueeze(1)).squeeze(1)  # where it is known
        share = self.labelled_share if self.training else 1.0
        of_classifier = torch.where(known, self.alpha * neg_log_q, 0.0).mean() / share
        negative_entropy = torch.where(known, 0.0, (log_q.exp() * log_q).sum(1)).mean()
        info = {"classifier_loss": of_classifier.detach()}
        if not self.training:  # a batch of training may have none that is labelled
            info["accuracy"] = (known & (log_q.argmax(1) == place)).float().mean()
        return Possible(
            x=x.index_select(0, datum),
            c=self.numbers[y],
            size=len(x),
            datum=datum,
            log_p=torch.where(known[datum], 0.0, log_p),
            log_q=torch.where(known[datum], 0.0, log_q[datum, y]),
            loss=negative_entropy - log_p + of_classifier,
            info=info,
        )

    def log_q(self, x: Tensor) -> Tensor:
        """log q(y|x), (*, K) for x (*, X)."""
        return self.classifier(x.nan_to_num(0.0, math.inf, -math.inf)).log_softmax(-1)

    def classify(self, x: Tensor) -> Tensor:
        return self.log_q(x).exp()

    def _given(self, x: Tensor, c: Any) -> Tensor:
        unknown = torch.full((len(x),), UNKNOWN, device=x.device)
        return unknown if c is None else c.long().expand(len(x))

    def _completed(self, x: Tensor, c: Tensor | None) -> Tensor:
        """The classes (*,) of x (*, X), and the most probable one where it is not known."""
        if c is not None and not (c == UNKNOWN).any():
            return c
        with torch.no_grad():
            most_probable = self.numbers[self.log_q(x).argmax(-1)]
        return most_probable if c is None else torch.where(c == UNKNOWN, most_probable, c)
