"""Stochastic layers of bits."""

from torch import Tensor
from torch.distributions import Distribution

from vae_exp.distribution.bit_codes import BitSpace
from vae_exp.distribution.layers import Layers
from vae_exp.distribution.one_hot import expanded


class BitLayers(Layers):
    """``Layers`` of ``BitCodes``, z (*, Z) of 0 and 1."""

    @property
    def support(self) -> BitSpace:
        return BitSpace(sum(self.sizes))

    @property
    def mode(self) -> Tensor:
        """The most probable value of each bit, by ``mean``."""
        return self.support.nearest(self.mean)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All codes, (2^Z, *, Z)."""
        return expanded(self.support.all(self.first.mean), self)

    def _point(self, p: Distribution, noise: Tensor) -> Tensor:
        uniform = noise.mul(0.5**0.5).erf().add(1).div(2)
        return (uniform < p.mean).to(noise)
