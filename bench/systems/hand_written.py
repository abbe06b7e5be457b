"""A loop written by hand for this one model, with nothing in it that could be left out.

The data are floats in memory, indexed by batch; Adam is fused; the density and the KL are formulas.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch.nn import functional as F

from bench.case import LEARNING_RATE, Case, negative_elbo, read_bits


def epochs(case: Case, file: Path) -> Iterator[float | None]:
    encoder, decoder = case.encoder(), case.decoder()
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    images = read_bits(file).float()
    while True:
        yield None
        losses = []
        for index in torch.randperm(len(images)).split(case.batch_size):
            x = images[index]
            loc, log_variance = encoder(x).chunk(2, dim=-1)
            z = loc + (0.5 * log_variance).exp() * torch.randn_like(loc)
            log_likelihood = -F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
            loss = negative_elbo(log_likelihood, loc, log_variance)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        yield torch.stack(losses).mean().item()
