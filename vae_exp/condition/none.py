"""No condition."""

from typing import Any

from vae_exp.condition import Condition


class Unconditional(Condition):
    """q(z|x), p(x|z), p(z).

    Args:
        mask: whether q also sees which components of x are observed.
    """

    def __init__(self, mask: bool):
        super().__init__(encoder=False, decoder=False, prior=False, mask=mask)

    def read(self, c: Any) -> None:
        if c is not None:
            raise ValueError(
                f"c: expected none, for this model is not conditional, got {c}; condition=labels, "
                "columns or part makes one that is"
            )
