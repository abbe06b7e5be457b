"""What the columns of a frame of pandas are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import numpy

from vae_exp.data.column_numbers import numbers, of_decimals
from vae_exp.distribution.variable import MOST_CATEGORIES, NAMED, TYPES, Type, Variable

if TYPE_CHECKING:
    from pandas import DataFrame, Series

TOLD = 8  # names in a message
MOST_DECIMALS = 6
NEARLY = 0.9  # the share of texts that are numbers from which on the others are mistakes
MOST_COUNT = 1000  # whole numbers beyond are amounts rather than counts
POSITIVE = {"yes", "true", "y", "t", "1"}
YES_NO = ({"no", "yes"}, {"false", "true"}, {"n", "y"}, {"f", "t"})
Types = dict[str, str | list[str | int | float]]  # checked below, in better words


def check_cells(frame: "DataFrame") -> None:
    """See that columns have numbers, words or truth values, and no dates, lists, bytes or the like.

    Raises:
        ValueError: with the first column that has others.
    """
    for name, column in frame.items():
        kind = getattr(column.dtype, "kind", "O")
        values = column.dropna().tolist() if kind == "O" else []
        usual = str | int | float | Decimal | numpy.generic
        odd = next((value for value in values if not isinstance(value, usual)), None)
        if kind in "OUTbiuf" and odd is None:
            continue
        raise ValueError(
            f"data.path: expected numbers, words or truth values, got "
            f"{column.dtype if odd is None else type(odd).__name__} in {name}; leave it out with "
            f"data.drop=[{name}], or make numbers of it in the file"
        )


def infer_variables(frame: "DataFrame", types: Types, decimal: str = ".") -> list[Variable]:
    """What each column is, by what ``types`` says of it, else by its values.

    0 and 1, yes and no, true and false are yes/no; other words are categories; whole numbers from 0
    to at most ``MOST_COUNT`` are counts; other numbers are positive where all are, or continuous.

    Args:
        types: a type by column, or the values of an ordinal in their order.
        decimal: before the fraction of a number, in texts.

    Raises:
        ValueError: a column of ``types`` is not there, values are not of the type, or nearly all of
            a column of texts are numbers.
    """
    for name in types:
        if name not in frame.columns:
            raise ValueError(
                f"data.types: expected columns of x, {some(frame.columns)}, got {name}"
            )
        if not isinstance(types[name], list) and types[name] not in TYPES:
            raise ValueError(
                f"data.types: expected one of {', '.join(TYPES)}, or the values of an ordinal in "
                f"their order, for {name}, got {types[name]}"
            )
    return [_variable(frame[name], types.get(name, "auto"), decimal) for name in frame.columns]


def _variable(
    column: "Series", type_: Type | Literal["auto"] | list[Any], decimal: str
) -> Variable:
    column = of_decimals(column)
    name, values = str(column.name), column.dropna()
    whole = _numeric(column) and bool((values == values.round()).all())
    if isinstance(type_, list):
        return Variable(name, "ordinal", tuple(type_))
    type_ = _infer(column, values, whole, decimal) if type_ == "auto" else type_
    if type_ not in NAMED:
        return Variable(name, type_, whole=whole, decimals=_decimals(values))
    distinct = column.cat.categories if _has_categories(column) else values.unique()
    categories = [value.item() if hasattr(value, "item") else value for value in distinct]
    if not (_has_categories(column) and column.cat.ordered):
        categories = sorted(categories)
    if type_ == "ordinal" and not (_numeric(column) or _has_categories(column)):
        raise ValueError(
            f"data.types: expected the order of {name}'s values for ordinal, of words, got none; "
            f"list them from the lowest: data.types={{{name}: [{', '.join(categories[:4])}]}}"
        )
    if type_ == "yes/no":
        categories = sorted(categories, key=lambda v: (str(v).lower() in POSITIVE, v))
        if len(categories) != 2:
            raise ValueError(
                f"data.types: expected two values for yes/no, got {len(categories)} in {name}: "
                f"{some(categories)}; it may be a category"
            )
    if len(categories) > MOST_CATEGORIES:
        raise ValueError(
            f"data.path: expected at most {MOST_CATEGORIES} categories in a column, got "
            f"{len(categories)} in {name}, such as {some(categories)}; leave it out with "
            f"data.drop=[{name}], say that it names the rows with data.id={name}, or make numbers "
            "of it in the file"
        )
    if all(type(category) is float and category.is_integer() for category in categories):
        categories = [int(category) for category in categories]
    return Variable(name, type_, tuple(categories), whole=whole)


def _infer(column: "Series", values: "Series", whole: bool, decimal: str) -> Type:
    if column.dtype == bool or str(column.dtype) == "boolean":
        return "yes/no"
    if _has_categories(column):
        return "ordinal" if column.cat.ordered else "category"
    if not _numeric(column):
        _see_words(column, decimal)
        distinct = {str(value).lower() for value in values.unique()}
        return "yes/no" if distinct in YES_NO and values.nunique() == 2 else "category"
    if set(values.unique()) <= {0, 1}:
        return "yes/no"
    if whole and values.min() >= 0 and values.max() <= MOST_COUNT:
        return "count"
    return "positive" if values.min() > 0 else "continuous"


def _see_words(column: "Series", decimal: str) -> None:
    """Raises ValueError where nearly all of a column of texts are numbers."""
    given, texts = column.notna().to_numpy(), column.dropna().map(str)
    either = f"or data.types={{{column.name}: category}} if they are words"
    for sign in (decimal, "," if decimal == "." else "."):
        odd = numpy.isnan(numbers(column, sign)) & given
        found = int(given.sum() - odd.sum())
        parted = texts[texts.str.contains(sign, regex=False)]
        in_thousands = sign != decimal and texts.str.fullmatch(_thousands(sign)).mean() >= NEARLY
        if len(parted) and in_thousands:
            raise ValueError(
                f"data.path: expected numbers, got {len(texts):,} in {column.name} with {sign!r} "
                f"before three digits each, such as {parted.iloc[0]}; leave it out of the file if "
                f"it parts thousands, \"data.decimal='{sign}'\" if a fraction, {either}"
            )
        if found < NEARLY * given.sum():
            continue
        if sign != decimal:
            raise ValueError(
                f"data.path: expected numbers with {decimal!r} before their fraction, got "
                f"{found:,} in {column.name} with {sign!r}, such as {column[~odd].dropna().iloc[0]}"
                f"; \"data.decimal='{sign}'\" reads them in a text file, {either}"
            )
        if odd.any():
            wrong = f"{odd.sum()} that are none" if odd.sum() > 1 else "1 that is none"
            row = int(odd.argmax())
            raise ValueError(
                f"data.path: expected numbers in {column.name}, got {found:,} and {wrong}: "
                f"{column.iloc[row]} in row {row}, counted from 0; an empty cell is a missing "
                f"value, {either}"
            )
        raise ValueError(
            f"data.path: expected numbers or words in {column.name}, got texts of numbers, such as "
            f"{texts.iloc[0]}; make numbers of them in the file, {either}"
        )


def _thousands(sign: str) -> str:
    """A pattern of whole numbers with a sign before each three digits."""
    return rf"[+-]?\d{{1,3}}({re.escape(sign)}\d{{3}})*"


def _decimals(values: "Series") -> int | None:
    """How many decimals numbers have at most; none where that is more than a text would have."""
    x = numbers(values)
    return next((n for n in range(MOST_DECIMALS + 1) if (x == x.round(n)).all()), None)


def told(variables: Sequence[Variable]) -> str:
    """What the columns are, in one line, by type."""
    by_type: Mapping[str, list[str]] = {variable.type: [] for variable in variables}
    for variable in variables:
        size = f" ({len(variable.categories)})" if variable.type in NAMED[:2] else ""
        by_type[variable.type].append(f"{variable.name}{size}")
    return "; ".join(f"{type_}: {some(names)}" for type_, names in by_type.items())


def _numeric(column: "Series") -> bool:
    return not _has_categories(column) and column.dtype.kind in "iuf"


def _has_categories(column: "Series") -> bool:
    return hasattr(column, "cat")


def some(names: Iterable[Any]) -> str:
    """The first of them, in words."""
    names = [str(name)[:40] for name in names]
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return (", ".join(names[:TOLD]) or "none") + more
