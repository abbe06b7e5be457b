"""Rows of a table, whose columns are of different types."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.data import Binarize, Data
from vae_exp.data.completed_table import complete_table
from vae_exp.data.moments import moments
from vae_exp.data.observation import Observation
from vae_exp.distribution.variable import NAMED, SEEN, Variable

if TYPE_CHECKING:
    from pandas import DataFrame


class Tabular(Data):
    """x (D,), a number for each of D columns; of categories their place among them.

    Args:
        values, labels, binarize, seed: see ``Data``.
        variables: the columns. Without a known model their moments are those of the training data.
        known: whether the moments are those of a model that has been trained.
        ids: for each of ``SPLITS`` what the rows are called, or none.
        read: reads the table again, of which ``places``, (N,) for each of ``SPLITS``, are the rows.
    """

    kind = "columns"
    labels_from = "data.label names their column"

    def __init__(
        self,
        values: dict[str, Tensor],
        labels: dict[str, Tensor] | None,
        variables: Sequence[Variable],
        known: bool,
        ids: dict[str, list] | None,
        read: Callable[[], "DataFrame"],
        places: dict[str, Tensor],
        binarize: Binarize,
        seed: int,
    ):
        super().__init__(values, labels, 1, binarize, seed)
        self.variables = tuple(variables) if known else with_moments(variables, values["train"])
        self.ids = ids
        self._read, self._places = read, places
        # as other likelihoods than a mixed one see it
        self.moments = moments(values["train"])

    def completed(self, split: str, x: Tensor) -> "DataFrame":
        """The rows of a split as the table has them, with what is missing, or hidden, filled in
        from x (N, D)."""
        rows = self._read().iloc[self._places[split].numpy()].reset_index(drop=True)
        if self.hidden is not None:
            hidden = zip(self.variables, self.hidden[split].T.cpu().numpy())
            rows = rows.assign(**{v.name: rows[v.name].mask(places) for v, places in hidden})
        return complete_table(rows, x, self.variables)

    @property
    def observation(self) -> Observation:
        return Observation(
            self.shape,
            self.kind,
            self.levels,
            standardize=True,
            moments=self.moments,
            variables=self.variables,
            **self._of_conditions(),
        )

    def setup(self, support: constraints.Constraint) -> None:
        """See that no likelihood of real numbers is taken for places among categories, or counts.

        Raises:
            ValueError: with the first column that has them.
        """
        super().setup(support)
        for variable in self.variables:
            if support is constraints.real and variable.type in (*NAMED, "count"):
                are_numbers = all(isinstance(value, int | float) for value in variable.categories)
                numbers = f"take it as a number, data.types={{{variable.name}: continuous}}, "
                raise ValueError(
                    "decoder: expected decoder=mixed for a table with columns of several types, "
                    f"got one for real numbers alone, and {variable.name}, which is "
                    f"{variable.type}; or {numbers * are_numbers}leave it out, "
                    f"data.drop=[{variable.name}], or take it for names, data.id={variable.name}"
                )


def with_moments(variables: Sequence[Variable], x: Tensor) -> tuple[Variable, ...]:
    """The columns with the moments of training data x (N, D), of what a network sees of them."""
    seen = [
        SEEN.get(variable.type, torch.clone)(column.double())
        for variable, column in zip(variables, x.unbind(-1))
    ]
    found = moments(torch.stack(seen, -1))
    own = {"category": (0.0, 1.0)}
    return tuple(
        replace(
            variable,
            loc=own.get(variable.type, (loc,))[0],
            scale=1.0 if variable.type in ("category", "yes/no") else scale,
        )
        for variable, loc, scale in zip(variables, found.loc.tolist(), found.scale.tolist())
    )
