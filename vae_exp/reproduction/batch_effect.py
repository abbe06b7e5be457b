"""What is left of a batch effect in z, and of what z is to keep."""

from pathlib import Path
from typing import Any

from vae_exp.configuration.compose import compose
from vae_exp.reproduction import Outcome
from vae_exp.reproduction.log_likelihood import LogLikelihood


class BatchEffect(LogLikelihood):
    """A run of ``experiment=<recipe>``: its log-likelihood, and how well z tells batch and type.

    The accuracies of classifiers of z are proportions of the test data, with their standard error,
    √(p (1 − p) / N). Of a batch that z does not have, neither a linear classifier nor neighbours
    are more than ``standard_errors`` above chance; of one that it has, and of the labels,
    neighbours reach ``least``, which a linear one need not.

    Args:
        source, metric, published, tolerance, active_units: see ``LogLikelihood``.
        covariate: the batch, by name.
        hidden: whether z is to have nothing of it.
        least: an accuracy.
        standard_errors: of an accuracy above chance.
    """

    def __init__(
        self,
        source: str,
        metric: str,
        published: float | None,
        tolerance: float,
        active_units: int | None,
        covariate: str,
        hidden: bool,
        least: float,
        standard_errors: float,
    ):
        super().__init__(source, metric, published, tolerance, active_units)
        self.covariate, self.hidden = covariate, hidden
        self.least, self.standard_errors = least, standard_errors

    def __call__(
        self, recipe: str, folder: Path, overrides: list[str], seeds: list[int] | None = None
    ) -> list[Outcome]:
        """Train, or go on, or do nothing where that has ended, and compare, for each seed.

        Raises:
            Failure: refused before it trained.
            KeyboardInterrupt: stopped by a signal.
        """
        size = compose(f"experiment={recipe}", *overrides).data.test_size
        outcomes = []
        for seed in seeds or [None]:
            own = folder if seed is None else folder / f"seed_{seed}"
            words = overrides if seed is None else [*overrides, f"seed={seed}"]
            name = recipe if seed is None else f"{recipe} seed={seed}"
            summary = self.run(recipe, own, words)
            outcomes += [self.compare(name, summary), *self.probes(name, summary, size)]
        return outcomes

    def probes(self, recipe: str, summary: dict[str, Any], size: int) -> list[Outcome]:
        """The accuracies of a run, on ``size`` data."""
        chance = summary.get(f"test/chance_accuracy_{self.covariate}")
        asked = [("knn_accuracy", False), (f"knn_accuracy_{self.covariate}", self.hidden)]
        if self.hidden:
            asked.append((f"linear_probe_accuracy_{self.covariate}", True))
        outcomes = []
        for key, hidden in asked:
            reached = summary.get(f"test/{key}")
            status = summary.get("status", "not run")
            if status != "finished" or reached is None or chance is None:
                outcomes.append(Outcome(f"{recipe} {key}", None, None, 0.0, False, status))
                continue
            goal = chance if hidden else self.least
            stderr = (reached * (1 - reached) / size) ** 0.5
            above = self.standard_errors * (goal * (1 - goal) / size) ** 0.5
            good = reached <= goal + above if hidden else reached >= goal
            verdict = "reached" if good else "missed"
            outcomes.append(Outcome(f"{recipe} {key}", goal, reached, stderr, good, verdict))
        return outcomes
