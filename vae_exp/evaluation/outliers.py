"""How well a score of the data tells outliers from the others."""

from dataclasses import dataclass

import numpy

RESAMPLES = 100


@dataclass(frozen=True)
class Detection:
    """Areas under the two curves, with their standard errors over the data.

    ``auroc`` is the probability that an outlier has the higher score; of ``auprc``, the average
    precision, ``prevalence``, the share of outliers, is what chance has.
    """

    auroc: float
    auroc_stderr: float
    auprc: float
    auprc_stderr: float
    prevalence: float


def detection(score: numpy.ndarray, outlier: numpy.ndarray) -> Detection:
    """How well ``score`` (N,), the higher the more of an outlier, finds ``outlier`` (N,), 0 or 1.

    What is no number counts as the highest score. The standard error of the AUROC is DeLong's; that
    of the average precision is over 100 resamples of the outliers and of the others, always the
    same ones.

    Source: DeLong, DeLong and Clarke-Pearson 1988, "Comparing the areas under two or more
        correlated receiver operating characteristic curves".
    """
    from scipy.stats import rankdata
    from sklearn.metrics import average_precision_score, roc_auc_score

    # ranks: the order is all that counts, and infinities have one
    rank = rankdata(numpy.nan_to_num(score, nan=numpy.inf, posinf=numpy.inf, neginf=-numpy.inf))
    outlier = outlier.astype(bool)
    positive, negative = rank[outlier], rank[~outlier]
    # for each outlier the share of others below it, for each other that of outliers above it
    below = (positive - rankdata(positive)) / len(negative)
    above = 1 - (negative - rankdata(negative)) / len(positive)
    variance = sum(
        shares.var(ddof=1) / len(shares) if len(shares) > 1 else numpy.nan
        for shares in (below, above)
    )
    generator = numpy.random.default_rng(0)
    places = [numpy.flatnonzero(outlier), numpy.flatnonzero(~outlier)]
    resampled = []
    for _ in range(RESAMPLES):
        drawn = numpy.concatenate([generator.choice(part, len(part)) for part in places])
        resampled.append(average_precision_score(outlier[drawn], rank[drawn]))
    return Detection(
        float(roc_auc_score(outlier, rank)),
        float(variance**0.5),
        float(average_precision_score(outlier, rank)),
        float(numpy.std(resampled, ddof=1)),
        float(outlier.mean()),
    )
