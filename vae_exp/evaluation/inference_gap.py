"""The best posterior of a family for each datum, beside the one that the encoder gives."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.condition import Seen
from vae_exp.encoder import Encoder
from vae_exp.encoder.inputs import Seeing
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.kl import closed_form
from vae_exp.vae import VAE

SAMPLES = 16  # of z for each datum in a step
RATES = (0.05, 0.01, 0.002)  # of Adam, one after the other
BLOCK = 100  # steps, whose average has to rise, or the next rate has its turn
RISE = 0.005  # nats
MOST_BLOCKS = 30  # with one rate


class Given(nn.Module):
    """A network whose outputs are these, whatever it sees.

    Args:
        outputs: (B, ``outputs``), of B data.
    """

    def __init__(self, outputs: Tensor):
        super().__init__()
        self.values = outputs

    def forward(self, x: Tensor, *seen: Tensor) -> Tensor:
        return self.values


class Zeros(nn.Module):
    """A network whose outputs are zeros, whatever it sees: q is the prior of most families.

    It has no parameters, so that those of an encoder with it are of its family alone.
    """

    def __init__(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]):
        super().__init__()
        self.in_dims, self.out_shape = len(in_shape), out_shape

    def forward(self, x: Tensor, *seen: Tensor) -> Tensor:
        return x.new_zeros(*x.shape[: x.ndim - self.in_dims], *self.out_shape)


def with_posterior(vae: VAE, encoder: Encoder) -> VAE:
    """The same model, parts and all, with another q(z|x)."""
    other = copy.copy(vae)
    other._modules = {**vae._modules, "encoder": encoder}
    return other


def amortized(encoder: nn.Module) -> Encoder:
    """The encoder whose network gives all that tells the q(z|x) of data apart.

    Raises:
        ValueError: there is none.
    """
    found = encoder.inner if isinstance(encoder, Seeing) else encoder
    if not isinstance(found, Encoder):
        raise ValueError(
            "encoder: expected one whose q(z|x) is a family with the outputs of one network as its "
            f"parameters, which can be set free for each datum, got {type(found).__name__}; leave "
            "out --gap"
        )
    return found


@contextmanager
def posterior_parameters(encoder: nn.Module, outputs: Tensor) -> Iterator[None]:
    """Have q(z|x) of a batch use these parameters (B, ``outputs``), and not the network's."""
    inner = amortized(encoder)
    network = inner.network
    inner.network = Given(outputs)
    try:
        yield
    finally:
        inner.network = network


def optimize_posteriors(
    vae: VAE, p_z: Distribution, x: Tensor, seen: Seen, progress: Progress = silent
) -> Tensor:
    """The parameters of the best posteriors of the encoder's family, (B, ``outputs``):

        φ_i = argmax_φ E_{q(z; φ)}[log p(x_i|z)] − KL(q(z; φ) ‖ p(z)) for each datum x_i,

    φ in place of the outputs of the encoder's network, where Adam begins. Parameters of the encoder
    beyond these, such as the networks of a flow, stay as they are for all data. With

        log p(x) − ELBO(q) = [log p(x) − ELBO(q_φ)] + [ELBO(q_φ) − ELBO(q)]

    the first is the approximation gap, of the family, and the second the amortisation gap, of the
    network; where φ is not quite the best, the second is that much too small.

    Args:
        p_z: p(z), of batch () or (B,).
        x: what is modelled of a batch, (B, X).
        seen: what parts of the model see beside.
        progress: told how far it has come.

    Raises:
        ValueError: the encoder has no such parameters.
    Source: Cremer, Li and Duvenaud 2018, arXiv 1801.03558.
    """
    with torch.no_grad():
        outputs = amortized(vae.encoder).outputs(_inputs(vae, x), *seen.encoder)
    outputs = outputs.clone().requires_grad_()
    optimizer = torch.optim.Adam([outputs], lr=RATES[0])

    def step() -> Tensor:
        q_z = vae.encoder(x, *seen.encoder)
        z = q_z.rsample((SAMPLES,))
        elbo = vae.decoder(z, *seen.decoder).log_prob(x) - _kl(q_z, p_z, z)
        elbo = elbo.mean(0)  # (B,)
        (gradient,) = torch.autograd.grad(-elbo.sum(), outputs)
        outputs.grad = torch.where(gradient.isfinite(), gradient, 0.0)
        optimizer.step()
        return elbo.detach().mean()

    with posterior_parameters(vae.encoder, outputs), torch.enable_grad():
        for number, rate in enumerate(RATES):
            optimizer.param_groups[0]["lr"] = rate
            best = -torch.inf
            for block in range(MOST_BLOCKS):
                progress("best posteriors", (number + block / MOST_BLOCKS) / len(RATES))
                average = torch.stack([step() for _ in range(BLOCK)]).mean().item()
                if not average > best + RISE:
                    break
                best = average
    return outputs.detach()


def _inputs(vae: VAE, x: Tensor) -> Tensor:
    return vae.encoder.inputs(x) if isinstance(vae.encoder, Seeing) else x


def _kl(q_z: Distribution, p_z: Distribution, z: Tensor) -> Tensor:
    exact = closed_form(q_z, p_z)
    return q_z.log_prob(z) - p_z.log_prob(z) if exact is None else exact
