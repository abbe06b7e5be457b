"""What an objective says of itself with weighs_samples: whether it is an average over samples."""

from dataclasses import replace

import torch

from vae_exp.checking.linear_gaussian import data, parameters, terms
from vae_exp.checking.minimised import Minimised, value
from vae_exp.checking.verdict import Wrong
from vae_exp.objective import Terms

NOTE = "; of reconstruction_loss it is none, as encoder.gradient=enumerate would have it"


@torch.no_grad()
def check_weighing(subject: Minimised) -> str:
    """The losses of samples count by their average alone where it does not say weighs_samples.

    With the average of each datum in place of the losses of its samples nothing changes then,
    whatever is made of the average: a capacity of the KL, say. Who weighs the samples by their KL
    needs it of each, and gets none from a closed form.
    """
    part = subject.part()
    if part.weighs_samples:
        return "it says that it weighs samples, and needs their log-ratios"
    given = terms(data(), parameters())

    def now(of: Terms) -> float:
        torch.manual_seed(5)
        return value(part, of).item()

    def averaged(term: str) -> bool:
        each = getattr(given, term)
        same = now(replace(given, **{term: each.mean(0).expand_as(each)}))
        return abs(same - found) < 1e-6 * (1 + abs(found))

    found = now(given)
    if not averaged("kl_loss"):
        raise Wrong(
            "expected the same value with the kl_loss of each datum averaged over its samples, for "
            "it says weighs_samples = False, got another; set weighs_samples = True, so that an "
            "estimator that is no log-ratio of each sample is refused, or take terms.mean of it"
        )
    return f"an average over samples{'' if averaged('reconstruction_loss') else NOTE}"
