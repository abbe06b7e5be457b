"""Why the trials of a search cannot be told by their ELBO which is the best."""

from dataclasses import replace
from pathlib import Path

from vae_exp.comparison.blocks import reasons
from vae_exp.comparison.comparability import comparability, dataset_names
from vae_exp.comparison.result import read

VALUE = "val/best_elbo"  # which has no importance samples, whose number is not one of the reasons


def search_reasons(folder: Path) -> list[str]:
    """Those of ``vae_exp.compare``, of the trials that have come to an end; none where all compare,
    or where folders are gone or do not read, which the search itself does not need."""
    try:
        results = [result for result in read([str(folder)]) if result.evaluated]
    except ValueError:
        return []
    kinds = [replace(comparability(result, VALUE), importance_samples="") for result in results]
    return reasons(list(dict.fromkeys(kinds)), dataset_names(results, VALUE))
