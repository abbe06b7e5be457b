"""Covariates as the condition: numbers and categories that data have besides x."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from vae_exp.condition import Condition

MOST = 1000  # categories of a column


@dataclass(frozen=True)
class Column:
    """A covariate.

    Args:
        name: of the column.
        categories: their names, whose places are the numbers in the data; none of a number.
    """

    name: str
    categories: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many numbers parts see of it."""
        return len(self.categories) or 1


class Columns(Condition):
    """c = the covariates of the datum: of a number (c − mean) / deviation, of a category e_c.

    Mean and deviation are those of the training data.

    Args:
        columns: what there is.
        names: those that are used, or none for all.
        encoder, decoder, prior, mask: see ``Condition``.

    Raises:
        ValueError: there are none, or a name is not among them, or one has too many categories.
    """

    source = "covariates"

    def __init__(
        self,
        columns: Sequence[Column],
        names: Sequence[str] | None,
        encoder: bool,
        decoder: bool,
        prior: bool | Literal["auto"],
        mask: bool,
    ):
        super().__init__(encoder, decoder, prior, mask)
        known = {column.name: place for place, column in enumerate(columns)}
        for name in names or ():
            if name not in known:
                raise ValueError(
                    f"condition.names: expected covariates of the data, of {', '.join(known)}, got "
                    f"{name}"
                )
        self.columns = tuple(columns)
        self.used = tuple(known.values()) if names is None else tuple(known[n] for n in names)
        for column in (columns[place] for place in self.used):
            if len(column.categories) > MOST:
                raise ValueError(
                    f"condition.names: expected covariates of at most {MOST} categories, got "
                    f"{column.name}, of {len(column.categories)}; leave it out"
                )
        if not self.used:
            raise ValueError("condition: expected data with covariates for condition=columns")
        self.shape = (sum(columns[place].width for place in self.used),)
        self.register_buffer("loc", torch.zeros(len(columns)))
        self.register_buffer("scale", torch.ones(len(columns)))

    def fit(self, c: Tensor) -> None:
        """Learn the mean and the deviation of each number from training data's c (N, columns)."""
        self.loc.copy_(c.mean(0))
        deviation = c.std(0)
        self.scale.copy_(torch.where(deviation > 0, deviation, 1.0))

    @property
    def words(self) -> str:
        return f"values of {', '.join(column.name for column in self.columns)}"

    def features(self, c: Tensor) -> Tensor:
        """(*, C) of c (*, columns)."""
        standard = (c - self.loc) / self.scale
        return torch.cat(
            [
                one_hot(c[..., place].long(), self.columns[place].width).to(c)
                if self.columns[place].categories
                else standard[..., place : place + 1]
                for place in self.used
            ],
            dim=-1,
        )

    def read(self, c: Any) -> Tensor:
        """(B, columns) of a dictionary by name, of one value or of B of them, or of such an array.

        Columns that are not used may be left out.
        """
        if not isinstance(c, Mapping):
            rows = torch.as_tensor(c, dtype=torch.float32, device=self.loc.device)
            if rows.shape[-1:] != (len(self.columns),) or rows.ndim > 2:
                raise ValueError(f"c: expected {self.words}, got shape {tuple(rows.shape)}")
            return rows.reshape(-1, len(self.columns))
        names = {column.name for column in self.columns}
        if unknown := [name for name in c if name not in names]:
            raise ValueError(f"c: expected {self.words}, got {', '.join(map(str, unknown))}")
        values = []
        for place, column in enumerate(self.columns):
            if column.name not in c and place in self.used:
                raise ValueError(f"c: expected {self.words}, got none of {column.name}")
            given = c.get(column.name, 0)
            several = given if isinstance(given, list | tuple) else [given]
            values.append([_number(column, value) for value in several])
        count = max(map(len, values))
        if any(len(column) not in (1, count) for column in values):
            raise ValueError(f"c: expected {count} values of each covariate, got fewer of some")
        full = [column if len(column) == count else column * count for column in values]
        return torch.tensor(full, device=self.loc.device).T.contiguous()


def _number(column: Column, value: Any) -> float:
    if column.categories:
        if str(value) in column.categories:
            return float(column.categories.index(str(value)))
        some = ", ".join(column.categories[:10])
        raise ValueError(f"c: expected a category of {column.name}, of {some}, got {value}")
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"c: expected a number for {column.name}, got {value}") from error
