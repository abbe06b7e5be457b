"""What a file has of its rows besides x and labels, in the splits that they come to be in."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_exp.condition.columns import Column
from vae_exp.data import SPLITS, Data
from vae_exp.data.array_file import Rows
from vae_exp.data.covariates import as_columns, unseen

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beside:
    """Covariates, ids and numbers of rows, see ``Data``."""

    columns: tuple[Column, ...]
    covariates: dict[str, Tensor] | None
    ids: dict[str, list[int | str]] | None
    numbers: dict[str, Tensor]

    @classmethod
    def of(
        cls, parts: dict[str, Rows], rows: dict[str, Rows], index: dict[str, Tensor]
    ) -> "Beside":
        """What those at ``index`` of each split's ``rows``, which are among ``parts``, have."""
        columns, values = as_columns([part.covariates for part in parts.values()])
        ids = None
        if parts["train"].ids is not None:
            ids = {s: [rows[s].ids[i] for i in index[s].tolist()] for s in SPLITS}
        numbers = {s: _numbers(rows[s])[index[s]] for s in SPLITS}
        if not columns:
            return cls((), None, ids, numbers)
        known = {id(part): value for part, value in zip(parts.values(), values)}
        covariates = {split: known[id(rows[split])][index[split]] for split in SPLITS}
        for name, categories in unseen(columns, covariates["train"]).items():
            log.warning(
                f"data.path: no training datum has {', '.join(categories[:5])} of c_{name}, of "
                "which a model that is conditional on it learns nothing"
            )
        return cls(columns, covariates, ids, numbers)

    def added_to(self, data: Data, class_names: Sequence[str]) -> Data:
        """The data, with these."""
        data.class_names = class_names
        data.columns, data.covariates, data.ids = self.columns, self.covariates, self.ids
        data.numbers = self.numbers
        return data


def _numbers(rows: Rows) -> Tensor:
    return torch.arange(len(rows.x)) if rows.numbers is None else torch.from_numpy(rows.numbers)


def beside_names(rows: Rows) -> list[str]:
    """What there is: c_<name> of covariates, and id."""
    return [f"c_{name}" for name in sorted(rows.covariates)] + ["id"] * (rows.ids is not None)
