"""Pictures of what a model does: grids of images, as arrays of bytes."""

from pathlib import Path

import numpy
import torch
from torch import Tensor

from vae_exp.data import Data
from vae_exp.randomness import aside
from vae_exp.vae import VAE

COLUMNS = 10
ROWS = 6
MIN_PIXELS = 600  # a picture narrower than this is enlarged by a whole factor


@torch.no_grad()
def draw(vae: VAE, data: Data) -> dict[str, numpy.ndarray]:
    """``reconstructions`` (each row of test data above the mean of p(x|z) at the mean of q(z|x))
    and ``samples`` (the mean of p(x|z) for z ~ p(z)): uint8, (height, width, channels)."""
    vae.eval()
    half = COLUMNS * ROWS // 2
    with aside(data.device):
        x = data.batch("test", slice(0, half))
        reconstructed = vae.decoder(vae.encoder(x).mean).mean
        samples = vae.decoder(vae.prior().sample((COLUMNS * ROWS,))).mean
    rows = [row for pair in zip(x.split(COLUMNS), reconstructed.split(COLUMNS)) for row in pair]
    return {"reconstructions": grid(torch.cat(rows)), "samples": grid(samples)}


def save(pictures: dict[str, numpy.ndarray], folder: Path) -> None:
    """Write each picture to ``folder/<name>.png``."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        Image.fromarray(picture.squeeze()).save(folder / f"{name}.png")


def grid(images: Tensor) -> numpy.ndarray:
    """Images (N, C, H, W) with values in [0, 1], ``COLUMNS`` a row with a line between them."""
    images = torch.nn.functional.pad(images.float().cpu().clamp(0, 1), (1, 1, 1, 1), value=0.5)
    missing = -len(images) % COLUMNS
    blank = torch.full((missing, *images.shape[1:]), 0.5)
    n, channels, height, width = (images := torch.cat([images, blank])).shape
    cells = images.reshape(n // COLUMNS, COLUMNS, channels, height, width)
    page = cells.permute(0, 3, 1, 4, 2).reshape(n // COLUMNS * height, COLUMNS * width, channels)
    factor = -(-MIN_PIXELS // page.shape[1])
    page = page.repeat_interleave(factor, 0).repeat_interleave(factor, 1)
    return (page * 255).round().to(torch.uint8).numpy()
