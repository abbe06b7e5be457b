"""Images of one shape each, of which all is known that they were made from."""

import math

import torch
from torch import Tensor

from vae_exp.condition.columns import Column
from vae_exp.data import SPLITS, Binarize, Data, seeded
from vae_exp.data.held_out import three_splits
from vae_exp.data.sprite_images import (
    ORIENTATIONS,
    POSITIONS,
    RED_GREEN_BLUE,
    SCALES,
    SHAPES,
    SpriteImages,
    canvases,
)
from vae_exp.data.synthetic import positive


class Sprites(Data):
    """A square, an ellipse or a heart, white or of a colour, on black: 64×64 bits a channel.

    The factors are those of dSprites: shape (3), scale (6, from ½ to 1), orientation (40, from 0 to
    2π, so that the first and the last look alike), x and y (32 each): 737,280 images; with
    ``colour`` a seventh as well, 7 times as many. What is beside x: the shape is the label, the
    others are covariates, a category each. A pixel is 1 where its centre is inside the shape, as in
    dSprites without smooth edges; sizes and the heart's curve are our own, so that the images are
    of the same kind as those of dSprites, and not the same.

        log p(x) = log(m / 737280),  m how many of the factors' values make this image

    Args:
        size: how many images to draw, no two of the same factors, or none for all there are.
        colour: whether the shape has one of seven colours, in three channels, and is not white.
        validation_size, test_size: how many of them to hold out.
        binarize: ``none`` or ``auto``.
        seed: of the draw and of the splits.

    Raises:
        ValueError: a size out of range.
    Source: Matthey, Higgins, Hassabis and Lerchner 2017, "dSprites: Disentanglement testing Sprites
        dataset".
    """

    kind = "bits"
    label_name = "shape"

    def __init__(
        self,
        size: int | None,
        colour: bool,
        validation_size: int,
        test_size: int,
        binarize: Binarize,
        seed: int,
    ):
        self.factors = {
            "shape": tuple(SHAPES),
            "scale": tuple(map(str, SCALES)),
            "orientation": tuple(map(str, range(ORIENTATIONS))),
            "x": tuple(map(str, range(POSITIONS))),
            "y": tuple(map(str, range(POSITIONS))),
            "colour": tuple(RED_GREEN_BLUE) if colour else ("white",),
        }
        counts = [len(values) for values in self.factors.values()]
        self.total = math.prod(counts)
        size = self.total if size is None else size
        positive(size=size)
        if size > self.total:
            raise ValueError(
                f"data.size: expected at most {self.total}, which is how many images there are "
                f"(data.size=null), got {size}"
            )
        splits = three_splits(size, validation_size, test_size, seed)
        drawn = torch.randperm(self.total, generator=seeded(seed))[:size]
        values = torch.stack(  # (N, 6)
            [part.to(torch.uint8) for part in torch.unravel_index(drawn, counts)], 1
        )
        shape, scale, orientation, x, y, which = values.short().T
        canvas = canvases()
        self.alike = _how_many_alike(canvas)
        place = (shape * len(SCALES) + scale) * ORIENTATIONS + orientation
        places = torch.stack((place, POSITIONS - 1 - y, POSITIONS - 1 - x, which), 1)
        palette = torch.tensor(
            list(RED_GREEN_BLUE.values()) if colour else [(1,)], dtype=torch.uint8
        )
        super().__init__(
            {s: SpriteImages(canvas, places[index], palette) for s, index in splits.items()},
            {s: shape[index].long() for s, index in splits.items()},
            levels=1,
            binarize=binarize,
            seed=seed,
        )
        self.class_names = self.factors["shape"]
        beside = [name for name, known in self.factors.items() if len(known) > 1][1:]
        self.columns = tuple(Column(name, self.factors[name]) for name in beside)
        covariates = values[:, 1 : 1 + len(beside)].float()
        self.covariates = {split: covariates[splits[split]] for split in SPLITS}

    def known_log_likelihood(self, split: str) -> float:
        """log(m / 737280), averaged over the split, in nats."""
        place = self.values[split].places[:, 0].long().cpu()
        return self.alike[place].double().log().mean().item() - math.log(self.total)


def _how_many_alike(canvas: Tensor) -> Tensor:
    """For each canvas how many are the same as it, itself among them."""
    _, which, counts = torch.unique(
        canvas.flatten(1), dim=0, return_inverse=True, return_counts=True
    )
    return counts[which]
