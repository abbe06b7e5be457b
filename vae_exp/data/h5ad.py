"""Counts of cells and what is known of the cells, from the .h5ad files of AnnData."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy

from vae_exp.condition.columns import MOST

log = logging.getLogger(__name__)

DENSE = 2**33  # bytes


def read_h5ad(file: Path) -> dict[str, numpy.ndarray]:
    """X as ``x``, dense, the names of the cells as ``ids``, the columns of obs as ``c_<name>``.

    Numbers of obs, whole ones too, come as floats, for categories have a type of their own there;
    what is neither, such as columns with missing values, is left out, and told.

    Raises:
        ValueError: AnnData is missing, or there is no X, or it is too large when it is dense.
    """
    try:
        import anndata  # needed here alone
    except ImportError as error:
        raise ValueError(
            "anndata is missing, which reads it; pip install 'vae_exp[h5ad]'"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of older files, about their format
        cells = anndata.read_h5ad(file)
    if cells.X is None:
        raise ValueError("there is no X in it")
    x = cells.X
    size = 4 * x.shape[0] * x.shape[1]
    if size > DENSE:
        raise ValueError(
            f"expected X to take at most {DENSE / 2**30:.0f} GB when it is dense, got "
            f"{size / 2**30:.0f} GB; choose fewer genes, such as the most variable ones"
        )
    x = x.astype(numpy.float32)
    found = {"x": x.toarray() if hasattr(x, "toarray") else numpy.asarray(x)}
    found["ids"] = cells.obs_names.to_numpy().astype(str)
    left_out = []
    for name in cells.obs:
        values = _covariate(cells.obs[name])
        if values is None:
            left_out.append(str(name))
        else:
            found[f"c_{name}"] = values
    if left_out:
        log.info(
            f"of obs these are no covariates, for values are missing, or are more than {MOST} "
            f"categories: {', '.join(left_out)}"
        )
    return found


def _covariate(column: Any) -> numpy.ndarray | None:
    """A column of a data frame, (N,): floats, names, or none if it is no covariate."""
    if column.isna().any():
        return None
    if column.dtype.kind in "iuf":
        numbers = column.to_numpy().astype(numpy.float32)
        return numbers if numpy.isfinite(numbers).all() else None
    names = column.astype(str).to_numpy().astype(str)
    return names if len(numpy.unique(names)) <= MOST else None
