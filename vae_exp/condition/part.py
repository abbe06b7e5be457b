"""An observed part of x as the condition for the rest."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from vae_exp.condition import Condition, Seen

Quadrant = Literal["upper_left", "upper_right", "lower_left", "lower_right"]


class Part(Condition):
    """c = a part of x that is the same for all data; p(rest of x|z, c) is what is modelled.

    Parts of the model see c as an array of shape X that is 0 elsewhere. q sees it as x is, and
    beside it, all of x therefore. Numbers are in nats per datum, of the rest alone.

    Args:
        x_shape: X, an image (C, H, W), a sequence (T, F) or a vector (D,).
        quadrants: of an image, those that are observed; the upper and the left ones are the smaller
            where a size is odd.
        first: the share of the steps of a sequence, or of the components of a vector, that are
            observed, the first ones.
        encoder, decoder, prior, mask: see ``Condition``.
        inputs: what networks see of data, by default the data themselves.

    Raises:
        ValueError: nothing or all is observed.
    Source: Sohn et al. 2015, "Learning structured output representation using deep conditional
        generative models".
    """

    hides = True

    def __init__(
        self,
        x_shape: tuple[int, ...],
        quadrants: Sequence[Quadrant],
        first: float,
        encoder: bool,
        decoder: bool,
        prior: bool | Literal["auto"],
        mask: bool,
        inputs: Callable[[Tensor], Tensor] | None = None,
    ):
        super().__init__(encoder, decoder, prior, mask)
        self.x_shape = tuple(x_shape)
        # in a tuple, so that its buffers, which are the encoder's, do not stand twice in the model
        self._inputs = (inputs or nn.Identity(),)
        self.shape = getattr(inputs, "shape", self.x_shape)
        # on the CPU, even where a model is drawn up without memory: it has to be looked at
        known = torch.zeros(x_shape, dtype=torch.bool, device="cpu")
        if len(x_shape) == 3:
            _, height, width = x_shape
            for quadrant in quadrants:
                up, left = "upper" in quadrant, "left" in quadrant
                rows = slice(height // 2) if up else slice(height // 2, None)
                known[:, rows, slice(width // 2) if left else slice(width // 2, None)] = True
            key, got = "condition.quadrants", list(quadrants)
        else:
            # 0.29 · 100 is 28.999999999999996
            known[: math.floor(first * x_shape[0] + 1e-6)] = True
            key, got = "condition.first", first
        if known.all() or not known.any():
            raise ValueError(
                f"{key}: expected a part of x, {x_shape}, and not all of it, got {got}"
            )
        self.register_buffer("known", known, persistent=False)

    @property
    def words(self) -> str:
        return f"data of shape {self.x_shape}, of which the part is taken"

    def forward(self, x: Tensor, c: Any = None) -> tuple[Tensor, Seen]:
        """x (B, X) with nothing in the place of the part, and what each part of the model sees.

        Args:
            c: x again, or what has the part in its place; none for x.
        """
        rest = x.masked_fill(self.known, torch.nan)
        return super().forward(rest, x if c is None else c)

    def complete(self, x: Tensor, c: Tensor) -> Tensor:
        """x (*, X) with the part of c (*, X) in its place."""
        return torch.where(self.known, c, x)

    def features(self, c: Tensor) -> Tensor:
        """What networks see of the part of c (B, X), and 0 elsewhere."""
        (inputs,) = self._inputs
        return inputs(c.masked_fill(~self.known, torch.nan)).nan_to_num(0.0)

    def read(self, c: Any) -> Tensor:
        """(B, X) of data (X) or (B, X)."""
        c = torch.as_tensor(c)
        if tuple(c.shape[-len(self.x_shape) :]) != self.x_shape or c.ndim > len(self.x_shape) + 1:
            raise ValueError(f"c: expected {self.words}, got shape {tuple(c.shape)}")
        return c.reshape(-1, *self.x_shape).to(self.known.device, torch.float32)
