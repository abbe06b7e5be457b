"""The usual loop with torch.distributions, and a DataLoader over tensors in memory."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.utils.data import DataLoader, TensorDataset

from bench.case import LEARNING_RATE, Case, read_bits


def epochs(case: Case, file: Path) -> Iterator[float | None]:
    encoder, decoder = case.encoder(), case.decoder()
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    loader = DataLoader(TensorDataset(read_bits(file).float()), case.batch_size, shuffle=True)
    p_z = Independent(Normal(torch.zeros(case.z_dim), torch.ones(case.z_dim)), 1)
    while True:
        yield None
        total = 0.0
        for (x,) in loader:
            loc, log_variance = encoder(x).chunk(2, dim=-1)
            q_z = Independent(Normal(loc, (0.5 * log_variance).exp()), 1)
            p_x = Independent(Bernoulli(logits=decoder(q_z.rsample())), 3)
            loss = (kl_divergence(q_z, p_z) - p_x.log_prob(x)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        yield total / len(loader)
