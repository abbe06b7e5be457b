"""The average posterior of learned pseudo-inputs as the prior."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from vae_exp.distribution.bounded import Bounded
from vae_exp.distribution.mixture import MixtureDensity


class VampPrior(nn.Module):
    """p(z) = 1/K Σ_k q(z|u_k), with pseudo-inputs u_k learned. No closed-form KL.

    It asks the posterior for the density of values that are not its own samples: of the flows, take
    encoder.kind=maf or spline, for which that is one pass, and not iaf.

    Where the data are in [0, 1] the pseudo-inputs are held there, u = min(max(raw, 0), 1), as in
    the paper, but with a gradient at and beyond the borders, where bits start, see ``Bounded``;
    where they are not, u = raw, any real number.

    Args:
        encoder: gives q(z|u_k). It is the model's own, which trains it; here it is held in a tuple,
            so that its parameters do not stand twice in the model.
        x_shape: X, the event shape of what the encoder sees.
        components: K.
        start: pseudo-inputs start at training ``data``, or ``random``: each pixel from a normal
            distribution with the mean and standard deviation that it has in the data; or
            ``noise``: all of them from N(0.05, 0.01²), as in the paper's code.
        inputs: what the encoder sees of data, by default the data themselves.

    Raises:
        ValueError: ``components`` is not positive.
    Source: Tomczak and Welling 2018, "VAE with a VampPrior", arXiv 1705.07120.
    """

    def __init__(
        self,
        encoder: nn.Module,
        x_shape: tuple[int, ...],
        components: int,
        start: Literal["data", "random", "noise"],
        inputs: Callable[[Tensor], Tensor] = nn.Identity(),  # noqa: B008
    ):
        super().__init__()
        if components < 1:
            raise ValueError(f"prior.components: expected a positive number, got {components}")
        self.start = start
        self._encoder, self._inputs = (encoder,), (inputs,)
        self.raw = nn.Parameter(torch.rand(components, *x_shape))
        self.register_buffer("low", torch.tensor(-torch.inf))
        self.register_buffer("high", torch.tensor(torch.inf))
        self.register_buffer("logits", torch.zeros(components))

    @torch.no_grad()
    def setup(self, x: Tensor, size: int) -> None:
        """Start from training data x (N, X), of which there are ``size``."""
        (inputs,) = self._inputs
        x = inputs(x).nan_to_num(0.0)  # as the encoder sees what is not observed
        if x.min() >= 0 and x.max() <= 1:
            self.low.fill_(0)
            self.high.fill_(1)
        components = len(self.raw)
        if self.start == "data":
            # without repetition, unless there are fewer data than components
            chosen = torch.randperm(max(len(x), components))[:components] % len(x)
            self.raw.copy_(x[chosen.to(x.device)])
        elif self.start == "noise":
            self.raw.normal_(0.05, 0.01)
        else:
            spread = x.std(0, correction=0) * torch.randn_like(self.raw)
            # at the border, not beyond: the way back to it would change nothing
            self.raw.copy_((x.mean(0) + spread).clamp(self.low, self.high))

    def pseudo_inputs(self) -> Tensor:
        """u, (K, X)."""
        return Bounded.apply(self.raw, self.low, self.high)

    def forward(self) -> MixtureDensity:
        """p(z), batch (), event (Z,)."""
        (encoder,) = self._encoder
        return MixtureDensity(
            Categorical(logits=self.logits, validate_args=False),
            encoder(self.pseudo_inputs()),
            validate_args=False,
        )
