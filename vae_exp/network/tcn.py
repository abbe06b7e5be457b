"""A temporal convolutional network from sequences to vectors, and its mirror image back."""

from collections.abc import Sequence

from torch import Tensor, nn

from vae_exp.network import Network, activation_class, data_and_vector


class TCN(Network):
    """Residual blocks of dilated convolutions over time, then linear; or the reverse.

    The side that is a sequence (T, F) decides the direction. Every block keeps all T steps; block l
    from the sequence's side has dilation 2^l, so that a step sees R = (k − 1) (2^L − 1) steps to
    either side after L blocks of kernel size k, and the linear map joins all steps. No step is
    predicted from those before it, so the convolutions look both ways, unlike those of the source.

    Args:
        in_shape, out_shape: event shapes, one of them a sequence and the other a vector.
        channels: of the blocks, from the sequence's side to the vector's.
        kernel_size: steps that a convolution spans, an odd number.
        activation: the name of a class of ``torch.nn``.

    Raises:
        ValueError: neither or both of the shapes are sequences, or a number out of its range.
    Source: Bai et al. 2018, arXiv 1803.01271.
    """

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        channels: Sequence[int],
        kernel_size: int,
        activation: str,
    ):
        super().__init__(in_shape, out_shape)
        (steps, features), (vector,) = data_and_vector(in_shape, out_shape, "sequence", "tcn")
        if not channels or not all(width > 0 for width in channels):
            raise ValueError(
                f"network.channels: expected positive channel counts, got {list(channels)}"
            )
        if kernel_size < 1 or kernel_size % 2 == 0:  # as many steps before as after
            raise ValueError(
                f"network.kernel_size: expected a positive odd number, got {kernel_size}"
            )

        def block(fan_in: int, fan_out: int, level: int) -> Block:
            return Block(fan_in, fan_out, kernel_size, 2**level, activation_class(activation))

        levels = range(len(channels))
        if len(in_shape) == 2:
            fans = zip([features, *channels], channels)
            self.layers = nn.Sequential(
                Transpose(),
                *(block(*fan, level) for fan, level in zip(fans, levels)),
                nn.Flatten(),
                nn.Linear(channels[-1] * steps, vector),
            )
        else:
            fans = zip([*channels[1:], channels[-1]], channels)
            self.layers = nn.Sequential(
                nn.Linear(vector, channels[-1] * steps),
                nn.Unflatten(1, (channels[-1], steps)),
                *reversed([block(*fan, level) for fan, level in zip(fans, levels)]),
                nn.Conv1d(channels[0], features, 1),
                Transpose(),
            )


class Block(nn.Module):
    """y = a(skip(x) + a(conv(a(conv(x))))), (B, C, T) to (B, C', T), a the activation.

    ``skip`` is the identity, or W x where C and C' differ.
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        kernel_size: int,
        dilation: int,
        activation: type[nn.Module],
    ):
        super().__init__()

        def conv(channels: int) -> nn.Conv1d:
            return nn.Conv1d(channels, fan_out, kernel_size, padding="same", dilation=dilation)

        self.residual = nn.Sequential(conv(fan_in), activation(), conv(fan_out), activation())
        self.skip = nn.Identity() if fan_in == fan_out else nn.Conv1d(fan_in, fan_out, 1)
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.skip(x) + self.residual(x))


class Transpose(nn.Module):
    """(B, T, F) to (B, F, T), or back."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)
