"""A user's numbers that are no images."""

import logging
from typing import TYPE_CHECKING, Literal

from torch import Tensor
from torch.distributions import constraints

from vae_exp.data import Binarize, Data
from vae_exp.data.moments import Moments, moments
from vae_exp.data.observation import Observation

if TYPE_CHECKING:
    from vae_exp.data.kind import Kind

log = logging.getLogger(__name__)

FEWEST_DIGITS = 1e-5  # of a standard deviation beside the mean: float32 has 2^-24


class Numeric(Data):
    """Rows of any shape, whose numbers are of one kind.

    Args:
        values, labels, binarize, seed: see ``Data``.
        kind: see ``kind.infer_kind``.
        standardize: whether networks see real numbers as (x − mean) / standard deviation of the
            training data; ``auto`` where some are far from 0 ± 1. x, and every density, stays in
            its own units.

    Raises:
        ValueError: what is to be standardised are no real numbers.
    """

    def __init__(
        self,
        values: dict[str, Tensor],
        labels: dict[str, Tensor] | None,
        kind: "Kind",
        standardize: Literal["auto"] | bool,
        binarize: Binarize,
        seed: int,
    ):
        super().__init__(values, labels, 1, binarize, seed)
        if standardize is True and kind != "real":
            raise ValueError(
                f"data.standardize: expected auto or false for data of kind {kind}, got true; if "
                "they are to be taken as real numbers, set data.kind=real"
            )
        self.kind, self.asked = kind, standardize
        self.moments: Moments | None = None
        if kind == "real" and standardize is not False:
            found = moments(values["train"])
            self.moments = found if found.wild or standardize is True else None

    @property
    def observation(self) -> Observation:
        return Observation(
            self.shape,
            self.kind,
            self.levels,
            standardize=self.moments is not None,
            moments=self.moments,
            **self._of_conditions(),
        )

    def setup(self, support: constraints.Constraint) -> None:
        """Say what is standardised, or should be.

        Raises:
            ValueError: they are to be standardised for a likelihood that is not one of all reals.
        """
        super().setup(support)
        real = support is constraints.real
        if self.moments is not None and real:
            self._tell_standardized(self.moments)
        elif self.asked is True:
            raise ValueError(
                "data.standardize: expected auto or false with a likelihood that is not one of all "
                f"real numbers but of {support}, got true; use decoder=gaussian or another for "
                "real numbers"
            )
        elif real and self.kind in ("real", "counts"):
            self._warn_of_scales(moments(self.values["train"]))

    def _tell_standardized(self, found: Moments) -> None:
        wild = f", {found.said(found.wild)}" if found.wild else ""
        why = f"{len(found.wild)} of {found.mean.numel()} columns are far from 0 ± 1{wild}: "
        log.info(
            f"{why if self.asked == 'auto' else ''}networks see (x − mean)/deviation, densities "
            f"and samples keep the data's units (data.standardize={str(self.asked).lower()})"
        )
        if found.constant:
            log.warning(
                f"data.path: {len(found.constant)} of {found.mean.numel()} columns have one value "
                f"in the training data, {found.said(found.constant)}; their scale is 1, and a "
                "density says little of them"
            )
        coarse = ((found.std > 0) & (found.std < FEWEST_DIGITS * found.mean.abs())).nonzero()
        if len(coarse):
            log.warning(
                f"data.path: {len(coarse)} columns vary so little beside their mean that float32 "
                f"keeps few of their digits, {found.said(coarse.tolist())}; subtract a round "
                "number in the file"
            )

    def _warn_of_scales(self, found: Moments) -> None:
        if not found.wild:
            return
        remedy = "" if self.kind == "real" else " data.kind=real"
        log.warning(
            f"data.path: {len(found.wild)} of {found.mean.numel()} columns are far from mean 0 and "
            f"standard deviation 1, which training begins with: {found.said(found.wild)}; set"
            f"{remedy} data.standardize=auto, or expect a poor ELBO"
        )
