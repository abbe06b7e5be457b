"""The names of the numbers in a summary: which are shown, and which way is better."""

import difflib
from collections.abc import Iterable, Sequence

# what runs are ranked by: validation, so that the test set selects nothing; and where a run does
# not say how its weights did there, as those of earlier versions do not, the test set after all
DEFAULT_SORT = "val/selected_elbo"
ON_TEST = "test/log_likelihood"
BITS = "test/bits_per_dim"
ON_TERMINAL = (
    "test/log_likelihood",
    "test/elbo",
    "test/reconstruction_loss",
    "test/kl",
    "test/active_units",
    "certify/test/lower_log_likelihood",
)
ON_PAGE = (
    *ON_TERMINAL,
    "test/bits_per_dim",
    "test/compressed_bits_per_dim",
    "test/inference_gap",
    "test/accuracy",
    "test/imputation_rmse",
    "test/imputation_accuracy",
    "test/linear_probe_accuracy",
    "test/knn_accuracy",
    "test/mig",
    "test/sap",
    "test/dci_disentanglement",
    "test/dci_completeness",
    "test/dci_informativeness",
    "test/factor_vae_score",
    "test/modularity",
    "certify/test/approximation_gap",
    "certify/test/amortization_gap",
    "certify/simulated/width",
    "parameters",
    "time/train_seconds",
)
# of a density in other units than of a probability mass
OF_X = (
    "test/log_likelihood",
    "test/elbo",
    "test/reconstruction_loss",
    "certify/test/lower_log_likelihood",
)
SIMULATED = "certify/simulated/"  # of data that each model draws itself, which do not compare
LARGER_IS_BETTER = (
    *("log_likelihood", "elbo", "accuracy", "samples_per_second"),
    *("mig", "sap", "dci_disentanglement", "dci_completeness", "dci_informativeness"),
    "factor_vae_score",
)
SMALLER_IS_BETTER = ("loss", "rmse", "bits_per_dim", "seconds", "parameters")
# a part of the ELBO: what a model saves here it pays elsewhere
PARTS = ("reconstruction_loss",)


def direction(name: str) -> int:
    """1 where larger is better, −1 where smaller is, 0 where neither end is.

    Only what speaks for a whole model has a better end. The KL and the gaps are zero, and the
    effective sample size K, where a posterior has collapsed and ignores the data; latents in use,
    or bits about x, are not worth anything by themselves, and a single latent that knows one factor
    is as modular as can be.
    """
    last = name.rpartition("/")[2]
    if last.endswith(PARTS) or name.startswith(SIMULATED):
        return 0
    return last.endswith(LARGER_IS_BETTER) - last.endswith(SMALLER_IS_BETTER)


def short(name: str) -> str:
    """The name in a heading: ``test/`` goes without saying."""
    return name.removeprefix("test/")


def names(summaries: Iterable[dict[str, float]]) -> list[str]:
    """Every metric of these summaries, tests first; a metric's standard error is none itself."""
    found = list(dict.fromkeys(name for summary in summaries for name in summary))
    known = [n for n in found if n.removesuffix("_stderr") not in found or n[-7:] != "_stderr"]
    return sorted(known, key=lambda name: (not name.startswith("test/"), _place(name)))


def find(name: str, known: Sequence[str], option: str) -> str:
    """The metric that is meant, ``test/`` left out or not.

    Args:
        option: of the command line, for the message.

    Raises:
        ValueError: no run has it; names near ones.
    """
    for candidate in (name, f"test/{name}"):
        if candidate in known:
            return candidate
    if not known:
        raise ValueError(f"{option}: expected a metric, got {name}, but no run here has any")
    shortened = {short(metric): metric for metric in reversed(known)}
    near = difflib.get_close_matches(short(name), shortened, n=3, cutoff=0.5)
    hint = " or ".join(shortened[n] for n in near)
    hint = f"did you mean {hint}?" if near else f"they have {', '.join(known)}"
    raise ValueError(f"{option}: expected a metric of these runs, got {name}; {hint}")


def _place(name: str) -> int:
    return ON_PAGE.index(name) if name in ON_PAGE else len(ON_PAGE)
