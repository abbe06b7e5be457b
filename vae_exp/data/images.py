"""Images with grey levels, and the noise that makes bits or densities of them."""

import math

import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.data import SPLITS, Binarize, Data, seeded
from vae_exp.data.observation import Observation

MARGIN = 2.0**-24  # the float32 next to 1 is that far from it


class Images(Data):
    """Grey levels k in {0, ..., L}, given out as x = k / L, as bits, or dequantised.

        dequantised:  x = (k + u) / (L + 1),  u ~ U[0, 1)

    A density p on dequantised data bounds the probability of the levels from below:
    E_u[log p(x)] − D log(L + 1) ≤ log P(k), D values an image.

    Args:
        images: for each of ``SPLITS`` a tensor of uint8, (N, C, H, W), channels first.
        labels: see ``Data``.
        levels: L, the value that is 1.
        binarize: ``none``; ``threshold`` at ½; ``static``, one draw of x ~ Bernoulli(grey) for
            each image; ``dynamic``, a new draw in every training batch and one fixed draw for
            validation and test; ``auto``, dynamic where the likelihood needs bits, else none.
        dequantize: a new u in every training batch and one fixed u for validation and test, which
            are then stored as floats. x lies strictly between 0 and 1.
        seed: of splits and of fixed draws.

    Raises:
        ValueError: a level above L, or both bits and dequantised data are asked for.
    Source: dynamic binarisation: Salakhutdinov and Murray 2008; Burda et al. 2015,
        arXiv 1509.00519. Dequantisation: Uria et al. 2013, arXiv 1306.0186; the bound: Theis et
        al. 2015, arXiv 1511.01844.
    """

    kind = "images"

    def __init__(
        self,
        images: dict[str, Tensor],
        labels: dict[str, Tensor] | None,
        levels: int,
        binarize: Binarize,
        dequantize: bool,
        seed: int,
    ):
        if levels < 255 and (highest := max(int(k.max()) for k in images.values())) > levels:
            raise ValueError(
                f"data.levels: expected the highest grey level, at least {highest}, got {levels}"
            )
        self.dequantize = dequantize
        super().__init__(images, labels, levels, binarize, seed)

    @property
    def observation(self) -> Observation:
        kind = self.kind if self.binarize == "none" else "bits"
        return Observation(self.shape, kind, self.levels, self.dequantize, **self._of_conditions())

    @property
    def log_cells(self) -> float | None:
        return math.prod(self.shape) * math.log(self.levels + 1) if self.dequantize else None

    def setup(self, support: constraints.Constraint) -> None:
        """Decide ``auto`` by the likelihood's support, then draw what is drawn only once."""
        if self.binarize == "auto":
            self.binarize = "dynamic" if support is constraints.boolean else "none"
            self._check_noise()
        if self.binarize == "none" and not self.dequantize:
            return
        self.redrawn = ("train",) if self.binarize == "dynamic" or self.dequantize else ()
        generator = seeded(self.seed)
        for split in SPLITS:
            if split not in self.redrawn:
                stored = torch.float32 if self.dequantize else torch.uint8  # bits take a byte each
                parts = self.values[split].split(1000)
                drawn = [self._drawn(part, generator).to(stored) for part in parts]
                self.values[split] = torch.cat(drawn)
                self.unit[split] = 1

    def _as_float(self, stored: Tensor, split: str) -> Tensor:
        if split in self.redrawn:
            return self._drawn(stored, None)
        return super()._as_float(stored, split)

    def _drawn(self, k: Tensor, generator: torch.Generator | None) -> Tensor:
        if self.dequantize:
            x = torch.rand(k.shape, generator=generator, device=k.device)
            # rounding reaches 0 and 1
            return x.add_(k).div_(self.levels + 1).clamp_(MARGIN, 1 - MARGIN)
        grey = k.float().div_(self.levels)
        if self.binarize == "threshold":
            return (grey > 0.5).float()
        return grey.bernoulli(generator=generator)

    def _check_noise(self) -> None:
        if self.dequantize and self.binarize not in ("none", "auto"):
            raise ValueError(
                f"data.dequantize: expected false where the data are bits (data.binarize="
                f"{self.binarize}), got true; set one of data.dequantize=false, "
                "data.binarize=none, or a decoder that is not of bits"
            )


def check_levels(levels: int, own: int) -> None:
    """Refuse a number of levels that is not the set's own.

    Raises:
        ValueError: naming both.
    """
    if levels != own:
        raise ValueError(
            f"data.levels: expected {own}, the highest grey level of this set, got {levels}; "
            "leave the key out"
        )
