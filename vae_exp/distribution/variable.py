"""What the columns of a table are, of which x has a number each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.distributions import constraints

Type = Literal["continuous", "positive", "count", "category", "ordinal", "yes/no"]
TYPES = get_args(Type)
NAMED = ("category", "ordinal", "yes/no")  # x is the place of the value among the categories
MOST_CATEGORIES = 1000
LONGEST_NAME = 1000  # letters, of a column or a category
LONGEST_FRACTION = 15  # decimals
# what a network sees of x before it is standardised
SEEN = {"positive": torch.log, "count": torch.log1p}


@dataclass(frozen=True)
class Variable:
    """A column of a table.

    Args:
        name: of the column.
        type: of ``TYPES``.
        categories: of a category, an ordinal (in their order) and yes/no (no, yes): the values,
            whose places are the numbers in x.
        loc, scale: mean and standard deviation in the training data of what a network sees, x,
            log x where it is positive, log(1 + x) of a count; of yes/no its frequency and 1, of a
            category 0 and 1.
        whole: whether all values are whole numbers.
        decimals: how many numbers have at most, if that is known.

    Raises:
        ValueError: that is no column, as in a stranger's checkpoint.
    """

    name: str
    type: Type
    categories: tuple[str | int | float | bool, ...] = ()
    loc: float = 0.0
    scale: float = 1.0
    whole: bool = False
    decimals: int | None = None

    def __post_init__(self):
        names = [self.name, *self.categories]
        texts = [name for name in names if type(name) is str]
        numbers = [self.loc, self.scale, *(n for n in names if type(n) in (int, float))]
        fits = (
            type(self.name) is str
            and self.type in TYPES
            and all(type(name) in (str, int, float, bool) for name in names)
            and all(len(text) <= LONGEST_NAME for text in texts)
            and all(type(n) in (int, float) and abs(n) < 2**63 for n in numbers)
            and self.scale > 0
            and type(self.whole) is bool
            and type(self.decimals) in (int, type(None))
            and 0 <= (self.decimals or 0) <= LONGEST_FRACTION
            and len(self.categories) <= MOST_CATEGORIES
            and (len(self.categories) >= 2) == (self.type in NAMED)
            and (self.type != "yes/no" or len(self.categories) == 2)
            and len(set(self.categories)) == len(self.categories)
        )
        if not fits:
            raise ValueError(
                f"column {str(self.name)[:80]!r}: expected one of the types {', '.join(TYPES)}, "
                f"with 2 to {MOST_CATEGORIES} categories where it is {' or '.join(NAMED)}"
            )

    @property
    def width(self) -> int:
        """How many numbers a network sees of it."""
        return len(self.categories) if self.type == "category" else 1


class OfVariables(constraints.Constraint):
    """x (*, D), a number for each of D columns, is of their types.

    Args:
        variables: the D columns.
    """

    def __init__(self, variables: Sequence[Variable]):
        self.variables = tuple(variables)
        super().__init__()

    @property
    def is_discrete(self) -> bool:
        return not {variable.type for variable in self.variables} & {"continuous", "positive"}

    def check(self, value: Tensor) -> Tensor:
        low, high = (torch.tensor(ends).to(value) for ends in zip(*map(ends, self.variables)))
        whole = [v.type not in ("continuous", "positive") for v in self.variables]
        whole = torch.tensor(whole, device=value.device)
        positive = torch.tensor([v.type == "positive" for v in self.variables]).to(value.device)
        fits = value.isfinite() & (value >= low) & (value <= high)
        return fits & (~whole | (value == value.round())) & (~positive | (value > 0))

    def __repr__(self) -> str:
        return f"that of its column, of {len(self.variables)}"


def ends(variable: Variable) -> tuple[float, float]:
    """The least and the largest x of a column."""
    if variable.type == "continuous":
        return -math.inf, math.inf
    return 0.0, float(len(variable.categories) - 1) if variable.categories else math.inf
