"""Shapes: batch and event, and that each datum of a batch is what it is alone."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.checking.subject import WORDS, Subject
from vae_exp.checking.verdict import Wrong

BATCHES = [(), (3,), (2, 3)]


def check_shapes(subject: Subject) -> str:
    """Batch and event shape of the distribution, of its samples, densities and mean."""
    event, part = subject.event_shape, subject.part()
    seen, given = WORDS[subject.role]
    for batch in BATCHES:
        p = subject.distribution(*batch, part=part)
        expected = subject.batch_shape(*batch), event
        came = tuple(p.batch_shape), tuple(p.event_shape)
        if came != expected:
            forgotten = len(came[1]) < len(event) and came[0] + came[1] == expected[0] + event
            cure = "; are the event's dimensions summed? Independent(..., 1) does" * forgotten
            raise Wrong(
                f"expected {given} of batch {expected[0]}, event {event} for {seen} of batch "
                f"{batch}, got batch {came[0]}, event {came[1]}{cure}"
            )
        for sample_shape in ((), (4,)):
            x = p.sample(sample_shape)
            wanted = {"a sample": (*sample_shape, *expected[0], *event)}
            found: dict[str, Tensor] = {"a sample": x}
            if tuple(x.shape) == wanted["a sample"]:
                wanted["log_prob"], found["log_prob"] = (*sample_shape, *expected[0]), p.log_prob(x)
            for what, tensor in found.items():
                if tuple(tensor.shape) != wanted[what]:
                    raise Wrong(
                        f"expected {what} of shape {wanted[what]} for batch {expected[0]} and "
                        f"sample shape {sample_shape}, got {tuple(tensor.shape)}"
                    )
        if subject.role != "prior" and tuple(mean_of(p).shape) != (*expected[0], *event):
            raise Wrong(
                f"expected mean of shape {(*expected[0], *event)}, got {tuple(p.mean.shape)}"
            )
    return f"batch {', '.join(map(str, BATCHES))}, event {event}"


def mean_of(p: Distribution) -> Tensor:
    """The mean.

    Raises:
        Wrong: there is none.
    """
    try:
        return p.mean
    except (NotImplementedError, AttributeError) as error:
        raise Wrong(
            "expected the distribution to have a mean, of which reconstructions and codes are "
            "made, got none; add a property mean"
        ) from error


def check_batches(subject: Subject) -> str:
    """A datum of a batch has the density that it has alone, and so has x under many z."""
    part = subject.part()
    seen = subject.sees(part, 2, 3)
    p = subject.of(part, *seen)
    x = p.sample(() if p.batch_shape else (2, 3))
    together = p.log_prob(x)
    for i, j in ((0, 0), (1, 2)):
        alone = subject.of(part, *(tensor[i, j] for tensor in seen)).log_prob(x[i, j])
        _same(together[i, j], alone, f"datum {i, j} of a batch (2, 3)", "what it is alone")
    if not p.batch_shape:
        return "a datum is as likely in a batch as alone"
    repeated = x[:1].expand_as(x)
    _same(
        p.log_prob(x[0]), p.log_prob(repeated), "x of batch (3,) under batch (2, 3)", "x repeated"
    )
    # each of three samples under each of three distributions
    pairs = p.log_prob(x[0].unsqueeze(1).unsqueeze(1))  # (3, 2, 3)
    _same(pairs[:, 0], _rows(subject, part, seen, x[0]), "pairs of x and z", "each alone")
    return "a datum is as likely in a batch as alone, and one x under many"


def _rows(subject: Subject, part: nn.Module, seen: list[Tensor], x: Tensor) -> Tensor:
    """log p of each x (3, *event) under each of three distributions of batch (): (3, 3)."""
    alone = [subject.of(part, *(tensor[0, j] for tensor in seen)) for j in range(3)]
    return torch.stack([torch.stack([p.log_prob(one) for p in alone]) for one in x])


def _same(came: Tensor, expected: Tensor, what: str, meant: str) -> None:
    if came.shape != expected.shape:
        raise Wrong(
            f"expected log_prob of shape {tuple(expected.shape)} for {what}, got "
            f"{tuple(came.shape)}; is the batch's shape lost in a view or an expand?"
        )
    if not torch.allclose(came, expected, rtol=1e-6, atol=1e-6, equal_nan=True):
        raise Wrong(
            f"expected log_prob of {what} to be that of {meant}, {_first(expected)}, got "
            f"{_first(came)}; do numbers of different data get into one another (a view, a mean "
            "over the batch, a sum over too many dimensions)?"
        )


def _first(tensor: Tensor) -> str:
    return f"{tensor.detach().flatten()[0].item():.6g}"
