"""What is left of a batch effect in z, and of what z is to keep."""

from pathlib import Path
from typing import Any

from vae_exp.configuration.compose import compose
from vae_exp.reproduction import Outcome
from vae_exp.reproduction.log_likelihood import LogLikelihood

CLASSIFIERS = ("linear_probe_accuracy", "knn_accuracy")


class BatchEffect(LogLikelihood):
    """A run of ``experiment=<recipe>``: its log-likelihood, and how well z tells batch and type.

    The accuracies of classifiers of z are proportions of the test data, with their standard error,
    √(p (1 − p) / N). Those of a batch that z does not have are at most ``standard_errors`` above
    chance; those of one that it has are ``least`` or more, and so are those of the labels.

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
        outcomes = []
        for classifier in CLASSIFIERS:
            for key, hidden in (
                (f"{classifier}_{self.covariate}", self.hidden),
                (classifier, False),
            ):
                reached = summary.get(f"test/{key}")
                if reached is None or chance is None:
                    status = summary.get("status", "not run")
                    outcomes.append(Outcome(f"{recipe} {key}", None, None, 0.0, False, status))
                    continue
                goal = chance if hidden else self.least
                stderr = (reached * (1 - reached) / size) ** 0.5
                of_chance = (goal * (1 - goal) / size) ** 0.5
                good = (
                    reached <= goal + self.standard_errors * of_chance
                    if hidden
                    else reached >= goal
                )
                verdict = "reached" if good else "missed"
                outcomes.append(Outcome(f"{recipe} {key}", goal, reached, stderr, good, verdict))
        return outcomes
