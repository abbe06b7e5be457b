"""A recurrent network from sequences to vectors, and from vectors to sequences."""

from torch import Tensor, nn

from vae_exp.network import Network, data_and_vector


class GRU(Network):
    """Gated recurrent units that read a sequence, or that are unrolled to write one.

    The side that is a sequence (T, F) decides the direction; see ``Reader`` and ``Writer``.
    ``torch.compile`` leaves the recurrence to torch's own kernel.

    Args:
        in_shape, out_shape: event shapes, one of them a sequence and the other a vector.
        width: of the state.
        layers: how many, one above the other.
        bidirectional: whether a sequence is read from both ends; one is written forward always.

    Raises:
        ValueError: neither or both of the shapes are sequences, or a number that is not positive.
    Source: Cho et al. 2014, arXiv 1406.1078.
    """

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        width: int,
        layers: int,
        bidirectional: bool,
    ):
        super().__init__(in_shape, out_shape)
        (steps, features), (vector,) = data_and_vector(in_shape, out_shape, "sequence", "gru")
        for key, value in {"width": width, "layers": layers}.items():
            if value < 1:
                raise ValueError(f"network.{key}: expected a positive number, got {value}")
        if len(in_shape) == 2:
            self.layers = Reader(features, vector, width, layers, bidirectional)
        else:
            self.layers = Writer(vector, steps, features, width, layers)


class Reader(nn.Module):
    """y = W h + b, h the top layer's state once all of x is read, (B, T, F) to (B, Y).

    Read from both ends, h is [the state after the last step, the state after the first].
    """

    def __init__(self, features: int, vector: int, width: int, layers: int, bidirectional: bool):
        super().__init__()
        self.gru = nn.GRU(features, width, layers, batch_first=True, bidirectional=bidirectional)
        self.directions = 2 if bidirectional else 1
        self.out = nn.Linear(self.directions * width, vector)

    def forward(self, x: Tensor) -> Tensor:
        _, states = self.gru(x)  # (layers · directions, B, width)
        top = states[-self.directions :]
        return self.out(top.transpose(0, 1).flatten(1))


class Writer(nn.Module):
    """y_t = W h_t + b, h_t = GRU(z, h_{t−1}), h_0 = tanh(V z + c), (B, Z) to (B, T, F).

    The vector starts the state and is the input at every step, so that the end of a long sequence
    still knows of it.
    """

    def __init__(self, vector: int, steps: int, features: int, width: int, layers: int):
        super().__init__()
        self.steps = steps
        self.start = nn.Sequential(
            nn.Linear(vector, layers * width), nn.Tanh(), nn.Unflatten(1, (layers, width))
        )
        self.gru = nn.GRU(vector, width, layers, batch_first=True)
        self.out = nn.Linear(width, features)

    def forward(self, z: Tensor) -> Tensor:
        state = self.start(z).transpose(0, 1).contiguous()  # (layers, B, width)
        inputs = z.unsqueeze(1).expand(-1, self.steps, -1)  # (B, T, Z)
        h, _ = self.gru(inputs, state)
        return self.out(h)
