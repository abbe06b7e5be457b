"""Pictures of what a model does: one a file, whose ``draw`` returns a page or a matplotlib figure.

They are made for print, in black and white too and for colour-blind readers, and carry units.
"""

import difflib
import importlib
import logging
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy
import torch

from vae_exp.data import Data
from vae_exp.evaluation.budget import Budget
from vae_exp.evaluation.latents import Latents, encode_split
from vae_exp.plots.labels import posterior_mean
from vae_exp.runtime.evaluating import evaluating
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

log = logging.getLogger(__name__)

# matplotlib takes half a second to import: below, only once something is drawn with it

Pictures = dict[str, numpy.ndarray]  # uint8, (height, width, 3)

DURING_TRAINING = ("reconstructions", "samples")
NAMES = (
    *DURING_TRAINING,
    "traversals",
    "interpolation",
    "latent_space",
    "kl_per_dimension",
    "learning_curves",
    "tsne",
)
SECONDS = 2.0  # that encoding may take; the pictures are of fewer data if it would take longer


class Plots:
    """Which pictures are drawn, and when.

    Args:
        names: those after training, out of ``NAMES``.
        every: epochs between two pictures of reconstructions and samples during training, or none.

    Raises:
        ValueError: there is no such picture, or ``every`` is not positive.
    """

    def __init__(self, names: list[str], every: int | None):
        for name in names:
            if name not in NAMES:
                near = difflib.get_close_matches(str(name), NAMES, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise ValueError(
                    f"plots.names: expected each one of {', '.join(NAMES)}, got {name}{hint}"
                )
        if every is not None and every < 1:
            raise ValueError(f"plots.every: expected a positive number, got {every}")
        self.names = names
        self.every = every

    def due(self, epoch: int) -> list[str]:
        """The names of what to draw at the end of this epoch, while training goes on."""
        if self.every is None or epoch % self.every != 0:
            return []
        return [name for name in self.names if name in DURING_TRAINING]

    def draw(
        self,
        vae: VAE,
        data: Data,
        metrics: Callable[[], Sequence[dict[str, float]]],
        names: Sequence[str],
    ) -> Pictures:
        """Pictures of the test data; the model and the random numbers stay as they were.

        One that cannot be drawn costs a warning, and not the others.

        Args:
            metrics: returns the records of ``metrics.jsonl``, which the learning curves ask for.
            names: which to draw, out of ``NAMES``.
        """
        if not names:
            return {}
        from vae_exp.plots.rendering import render

        @cache
        def latents() -> Latents:
            def encode(size: int) -> Latents:
                return encode_split(vae, data, "test", size)

            budget = Budget(SECONDS, data.device)
            return encode(budget.affordable("latents", data.size("test"), encode))

        shown: dict[str, Callable[[], tuple[Any, ...]]] = {
            "reconstructions": lambda: (vae, data),
            "samples": lambda: (vae, data),
            "traversals": lambda: (vae, data, latents()),
            "interpolation": lambda: (vae, data),
            "latent_space": lambda: (vae, data, latents()),
            "kl_per_dimension": lambda: (latents(), posterior_mean(vae)),
            "learning_curves": lambda: (metrics(),),
            "tsne": lambda: (data, latents()),
        }

        def draw(name: str) -> numpy.ndarray:
            picture = importlib.import_module(f"vae_exp.plots.{name}")
            return render(picture.draw(*shown[name]()))

        drawn: Pictures = {}
        with evaluating(vae), torch.no_grad(), isolate_rng(data.device):
            for name in names:
                try:
                    drawn[name] = draw(name)
                except Exception as error:
                    log.warning(f"no picture {name}: {type(error).__name__}: {error}")
        return drawn
