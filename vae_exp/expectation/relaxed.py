"""Gradients through codes that are relaxed to numbers between them."""

from torch import Tensor, nn
from torch.distributions import Distribution

from vae_exp.expectation import Expectation, Weighing, refuse_coupled
from vae_exp.expectation.temperature import Temperature


class GumbelSoftmax(Expectation):
    """f at relaxed samples y of q(z|x) while training, differentiable, and at codes z elsewhere.

    f(y) stands in place of f(z), so that value and gradient are biased, less so the lower the
    temperature, with a gradient that varies more then. The KL is that of the codes.

    Args:
        temperature: of the relaxation.

    Source: Jang, Gu and Poole 2017, arXiv 1611.01144.
    """

    reparametrised = False
    gradient = "gumbel_softmax"

    def __init__(self, temperature: Temperature):
        super().__init__()
        self.temperature = temperature

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        refuse_coupled(decoder, kl, objective, self.gradient)
        if not getattr(kl, "exact", False):
            raise ValueError(
                f"kl: expected analytic for encoder.gradient={self.gradient}, whose samples are no "
                f"codes, got {type(kl).__name__}; use kl=analytic, or "
                "encoder.gradient=straight_through or concrete"
            )

    def draw(self, q_z: Distribution, samples: int) -> Tensor:
        if not self.training:
            return q_z.sample((samples,))
        z = q_z.relaxed(self.temperature.value).rsample((samples,))
        self.temperature.advance()
        return z


class StraightThrough(GumbelSoftmax):
    """f at codes z, with the gradient of the relaxed samples that z are the nearest codes to.

    The value is that of the model, the gradient biased.
    """

    gradient = "straight_through"

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        refuse_coupled(decoder, kl, objective, self.gradient)

    def draw(self, q_z: Distribution, samples: int) -> Tensor:
        y = super().draw(q_z, samples)
        return q_z.nearest(y) + (y - y.detach())


class Concrete(Expectation):
    """Of the relaxed model: q and p are densities of relaxed codes while training, of codes
    elsewhere.

    Unbiased for the relaxed model's bound, which is none of the model's of codes.

    Args:
        temperature: of the posterior.

    Source: Maddison, Mnih and Teh 2017, arXiv 1611.00712.
    """

    def __init__(self, temperature: Temperature):
        super().__init__()
        self.temperature = temperature

    def check(self, decoder: nn.Module, kl: nn.Module, objective: Weighing) -> None:
        if getattr(kl, "exact", False):
            raise ValueError(
                "kl: expected an estimator from samples for encoder.gradient=concrete, whose "
                f"relaxed codes have no closed form, got {type(kl).__name__}; use kl=monte_carlo, "
                "kl=schulman or kl=schulman_k3, or another encoder.gradient"
            )

    def draw(self, q_z: Distribution, samples: int) -> Tensor:
        if not self.training:
            return q_z.sample((samples,))
        z = q_z.rsample((samples,))
        self.temperature.advance()
        return z
