"""What of a model's log-likelihood is to be bounded, and how closely."""

from dataclasses import dataclass

from vae_exp.evaluation.certified_data import Origin


@dataclass(frozen=True)
class Plan:
    """What is worked out.

    Args:
        origins: of data that the model draws itself, ``simulated``, of the data set's, ``real``.
        count: N, of data of each origin; real ones are spread evenly over the split.
        chains: C, of each datum.
        temperatures: T, of the way from p(z) to p(z|x).
        leapfrogs: steps of a transition.
        importance_samples: K of the importance-weighted log-likelihood of the same data.
        gap: whether to part the inference gap of real data, see ``optimize_posteriors``.
        seed: of all that is drawn.
        families: names of families besides the encoder's in which the best posterior is sought.

    Raises:
        ValueError: a number out of its range.
    """

    origins: tuple[Origin, ...]
    count: int
    chains: int
    temperatures: int
    leapfrogs: int
    importance_samples: int
    gap: bool
    seed: int
    families: tuple[str, ...] = ()

    def __post_init__(self):
        least = {"count": 2, "chains": 2, "temperatures": 2, "leapfrogs": 1}
        for name, smallest in {**least, "importance_samples": 1, "seed": 0}.items():
            if getattr(self, name) < smallest:
                option = "samples" if name == "importance_samples" else name
                raise ValueError(
                    f"--{option}: expected {smallest} or more, got {getattr(self, name)}"
                )
