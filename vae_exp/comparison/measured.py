"""On what a number was measured, where runs of one configuration may take more data, or fewer."""

from vae_exp.comparison.result import Result

# how a certification was asked for, by the names of its summary
CERTIFICATION = ("data", "chains", "temperatures", "leapfrogs", "importance_samples")
# numbers of the parts of an evaluation that take fewer data where their time is short, as
# test/reduced says; of the log-likelihood, which takes fewer samples, K says it
PARTS = {
    "loss": ("loss", "accuracy"),
    "imputation": ("imputation_rmse", "imputation_accuracy"),
    "probes' training data": ("linear_probe_accuracy", "knn_accuracy"),
    "disentanglement": (
        *("mig", "sap", "factor_vae_score", "modularity"),
        *("dci_disentanglement", "dci_completeness", "dci_informativeness"),
    ),
}


def measured(result: Result, name: str | None) -> str:
    """What runs have to share besides K for this number of theirs to compare; "" if nothing.

    Args:
        name: of a metric in the summary.
    """
    section, _, last = (name or "").rpartition("/")
    if section.startswith("certify/"):
        found = {key: result.scalars.get(f"{section}/{key}") for key in CERTIFICATION}
        told = [f"{value:g} {key.replace('_', ' ')}" for key, value in found.items() if value]
        return f"certified: {', '.join(told)}" if told else "not certified"
    part = next((part for part, names in PARTS.items() if last in names), None)
    reduced = result.summary.get("test/reduced")
    if section != "test" or part is None or not isinstance(reduced, list):
        return ""
    return next((text for text in map(str, reduced) if text.startswith(f"{part} ")), "")
