"""The loop of most tutorials: torchvision's MNIST, ToTensor for each image, a DataLoader."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from bench.case import LEARNING_RATE, Case, negative_elbo, read_bits


class Bits(MNIST):
    """MNIST's way to an image, from pixels in memory instead of its files."""

    def __init__(self, bits: Tensor):
        self.data, self.targets = bits.squeeze(1) * 255, torch.zeros(len(bits))
        self.transform, self.target_transform = ToTensor(), None


def epochs(case: Case, file: Path) -> Iterator[float | None]:
    encoder, decoder = case.encoder(), case.decoder()
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    loader = DataLoader(Bits(read_bits(file)), case.batch_size, shuffle=True)
    while True:
        yield None
        total = 0.0
        for x, _ in loader:
            loc, log_variance = encoder(x).chunk(2, dim=-1)
            z = loc + (0.5 * log_variance).exp() * torch.randn_like(loc)
            log_likelihood = -F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
            loss = negative_elbo(log_likelihood, loc, log_variance)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        yield total / len(loader)
