"""The loop written by hand for this one model, on a CUDA device: eager, compiled or as a graph.

The bits are on the device as bytes; Adam is fused; the density and the KL are formulas; nothing
waits for the device before the epoch ends. ``graph`` is the fastest that a program can be which
says what to do in Python: a step, its optimizer included, is recorded once and replayed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.case import LEARNING_RATE, Case, negative_elbo, read_bits


def epochs(case: Case, file: Path, how: str) -> Iterator[float | None]:
    device = torch.device("cuda")
    images = read_bits(file).to(device)
    encoder, decoder = case.encoder().to(device), case.decoder().to(device)
    parameters = [*encoder.parameters(), *decoder.parameters()]
    graph = how == "graph"
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True, capturable=graph)

    def loss_of(x: Tensor) -> Tensor:
        loc, log_variance = encoder(x).chunk(2, dim=-1)
        z = loc + (0.5 * log_variance).exp() * torch.randn_like(loc)
        log_likelihood = -F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
        return negative_elbo(log_likelihood, loc, log_variance)

    if how == "compiled":
        loss_of = torch.compile(loss_of)

    def step(index: Tensor) -> Tensor:
        loss = loss_of(images[index].float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = record(step, case.batch_size, device) if graph else step
    while True:
        yield None
        order = torch.randperm(len(images)).to(device)
        total = torch.zeros((), device=device)
        for index in order.split(case.batch_size):
            total += (run if len(index) == case.batch_size else step)(index)
        yield (total / -(-len(images) // case.batch_size)).item()


def record(step: Callable, batch_size: int, device: torch.device) -> Callable[[Tensor], Tensor]:
    """The step as a CUDA graph, after some steps on a stream of their own that warm it up."""
    index = torch.arange(batch_size, device=device)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step(index)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step(index)

    def replay(batch: Tensor) -> Tensor:
        index.copy_(batch)
        graph.replay()
        return loss

    return replay
