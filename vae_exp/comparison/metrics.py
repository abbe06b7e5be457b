"""The names of the numbers in a summary: which are shown, and which way is better."""

import difflib
from collections.abc import Iterable, Sequence

# what runs are ranked by: validation, so that the test set selects nothing; and where a run does
# not say how its weights did there, as those of earlier versions do not, the test set after all
DEFAULT_SORT = "val/selected_elbo"
ON_TEST = "test/log_likelihood"
ON_TERMINAL = (
    "test/log_likelihood",
    "test/elbo",
    "test/reconstruction_loss",
    "test/kl",
    "test/active_units",
)
ON_PAGE = (
    *ON_TERMINAL,
    "test/bits_per_dim",
    "test/inference_gap",
    "test/linear_probe_accuracy",
    "test/knn_accuracy",
    "parameters",
    "time/train_seconds",
)
SMALLER_IS_BETTER = ("loss", "gap", "bits_per_dim", "seconds", "stderr", "parameters", "error")


def larger_is_better(name: str) -> bool:
    """Losses, KLs, gaps, bits, times and sizes are better small, everything else large."""
    last = name.rpartition("/")[2]
    return not (last.endswith((*SMALLER_IS_BETTER, "_kl")) or last.split("_")[0] == "kl")


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
