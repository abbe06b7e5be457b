"""What an encoder sees of x."""

from typing import Any

from torch import Tensor, nn

from vae_exp.expectation import PATHWISE, Expectation


class Inputs(nn.Module):
    """x itself.

    Args:
        shape: the event shape of what the encoder sees.
    """

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        self.shape = tuple(shape)

    def before(self, encoder: nn.Module) -> nn.Module:
        """The encoder of x, of one that sees these."""
        return encoder

    def forward(self, x: Tensor) -> Tensor:
        """What the encoder sees, (*, ``shape``), of x (*, X)."""
        return x


class Standardize(Inputs):
    """(x − loc) / scale.

    Args:
        loc, scale: of shape X: mean and standard deviation of each component.
    """

    def __init__(self, loc: Tensor, scale: Tensor):
        super().__init__(loc.shape)
        self.register_buffer("loc", loc)
        self.register_buffer("scale", scale)

    def before(self, encoder: nn.Module) -> "Seeing":
        return Seeing(self, encoder)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.loc) / self.scale


class Seeing(nn.Module):
    """q(z|x) = inner(z | inputs(x)).

    Args:
        inputs: what ``inner`` sees of x.
        inner: an encoder.
    """

    def __init__(self, inputs: Inputs, inner: nn.Module):
        super().__init__()
        self.inputs, self.inner = inputs, inner

    @property
    def expectation(self) -> Expectation:
        """How averages over q are taken and differentiated."""
        return getattr(self.inner, "expectation", PATHWISE)

    def forward(self, x: Tensor, *seen: Tensor) -> Any:
        """q(z|x), batch (*,), event (Z,), for x (*, X)."""
        return self.inner(self.inputs(x), *seen)
