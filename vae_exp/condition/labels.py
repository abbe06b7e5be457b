"""Classes as the condition."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from vae_exp.condition import Condition

MOST = 100_000  # classes
MOST_ONE_HOT = 1000


class Labels(Condition):
    """c = the class of the datum, as e_c, one number a class, or as a learned vector of its own.

    Args:
        classes: their numbers or names, in the order of the former.
        embedding: the size of the learned vector, or none for e_c.
        encoder, decoder, prior, mask: see ``Condition``.

    Raises:
        ValueError: there are no classes, or too many, or a size that is not positive.
    Source: Kingma et al. 2014, arXiv 1406.5298; Sohn et al. 2015, "Learning structured output
        representation using deep conditional generative models".
    """

    source = "labels"

    def __init__(
        self,
        classes: Sequence[int | str],
        embedding: int | None,
        encoder: bool,
        decoder: bool,
        prior: bool | Literal["auto"],
        mask: bool,
    ):
        super().__init__(encoder, decoder, prior, mask)
        if not 2 <= len(classes) <= MOST:
            raise ValueError(
                f"condition: expected data of 2 to {MOST} classes for condition=labels, got "
                f"{len(classes)}"
            )
        if embedding is not None and embedding < 1:
            raise ValueError(f"condition.embedding: expected a positive size, got {embedding}")
        if embedding is None and len(classes) > MOST_ONE_HOT:
            raise ValueError(
                f"condition.embedding: expected a size where there are more than {MOST_ONE_HOT} "
                f"classes, got null for {len(classes)}"
            )
        self.classes = tuple(classes)
        self.shape = (embedding or len(classes),)
        numbers = [name if type(name) is int else i for i, name in enumerate(classes)]
        self.register_buffer("numbers", torch.tensor(numbers), persistent=False)
        self.embedding = None if embedding is None else nn.Embedding(len(classes), embedding)

    @property
    def words(self) -> str:
        some = ", ".join(map(str, self.classes[:10]))
        return f"a class of {some}{', ...' if len(self.classes) > 10 else ''}"

    def features(self, c: Tensor) -> Tensor:
        """e_c or the learned vector, (B, C), of the numbers of classes (B,)."""
        index = self._place(c)
        if self.embedding is not None:
            return self.embedding(index)
        return (index.unsqueeze(-1) == torch.arange(len(self.classes), device=c.device)).float()

    def _place(self, c: Tensor) -> Tensor:
        """The places (B,) among the classes of the numbers of classes (B,)."""
        return torch.searchsorted(self.numbers, c.contiguous())

    def read(self, c: Any) -> Tensor:
        """The numbers (B,) of a class, or of several, by name; a tensor has the numbers."""
        if isinstance(c, Tensor):
            numbers = c.reshape(-1).to(self.numbers.device)
            if not torch.isin(numbers, self.numbers).all():
                raise ValueError(f"c: expected {self.words}, got {c.tolist()}")
            return numbers
        given = c.tolist() if hasattr(c, "tolist") else c
        places = {str(name): place for place, name in enumerate(self.classes)}
        names = given if isinstance(given, list | tuple) else [given]
        for name in names:
            if str(name) not in places:
                raise ValueError(f"c: expected {self.words}, got {name}")
        return self.numbers[[places[str(name)] for name in names]]
