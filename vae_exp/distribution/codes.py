"""Categories by their number."""

from torch import Size, Tensor
from torch.distributions import Categorical


class Codes(Categorical):
    """torch's Categorical for x in {0, ..., K − 1} as floats."""

    @property
    def mean(self) -> Tensor:
        """The most probable one: there is nothing between two categories."""
        return self.logits.argmax(-1).to(self.logits)

    def log_prob(self, x: Tensor) -> Tensor:
        return super().log_prob(x.round())

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return super().sample(Size(sample_shape)).to(self.logits)
