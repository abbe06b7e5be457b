"""Parts with one fault each, and the check that has to find it. ``Sound`` ones have none."""

import math
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy
import torch
from torch import nn
from torch.distributions import Distribution, Independent, Normal, constraints, register_kl

from vae_exp.data import SPLITS, Data, seeded
from vae_exp.decoder import Decoder
from vae_exp.encoder import Encoder
from vae_exp.kl import KLEstimator
from vae_exp.kl.sticking_the_landing import StickingTheLanding
from vae_exp.network import Network
from vae_exp.network.linear import Linear
from vae_exp.objective import Objective
from vae_exp.objective.iwae import log_mean_exp

LINEAR = partial(Linear, init="default")
FAULTS: dict[type, str] = {}
HINTS: dict[type, str] = {}


def found_by(check, hint=""):
    """Register a class with the check that finds its fault, and what that has to say of it."""

    def register(kind):
        FAULTS[kind], HINTS[kind] = check, hint
        return kind

    return register


class Bell(Distribution):
    """N(loc, scale²) by hand, for others to be wrong in."""

    arg_constraints: ClassVar = {}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale):
        self.loc, self.scale = loc, scale
        super().__init__(loc.shape, validate_args=False)

    @property
    def mean(self):
        return self.loc

    @property
    def variance(self):
        return self.scale.square()

    def noise(self, sample_shape):
        shape = self._extended_shape(sample_shape)
        return torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)

    def rsample(self, sample_shape=()):
        return self.loc + self.scale * self.noise(sample_shape)

    def log_prob(self, x):
        r = (x - self.loc) / self.scale
        return -0.5 * r.square() - self.scale.log() - 0.5 * math.log(2 * math.pi)


class SoundDecoder(Decoder):
    """A Gaussian, with a scale from the network."""

    support = constraints.real
    outputs = 2
    family = Bell

    def components(self, loc, raw):
        return self.family(loc, nn.functional.softplus(raw) + 0.1)


class SoundEncoder(Encoder):
    """The Gaussian posterior."""

    family = Bell

    def __init__(self, x_shape, z_dim, network):
        super().__init__(x_shape, z_dim, 2 * z_dim, network)

    def forward(self, x, *seen):
        loc, raw = self.outputs(x, *seen).chunk(2, -1)
        scale = nn.functional.softplus(raw) + 0.1
        return Independent(self.family(loc, scale), 1, validate_args=False)


def decoder(check, hint="", **members):
    """A Gaussian likelihood whose distribution has other members."""

    def register(kind):
        family = type(f"{kind.__name__}Distribution", (Bell,), dict(vars(kind)))
        family.__module__ = __name__
        made = type(kind.__name__, (SoundDecoder,), {"family": family, **members})
        made.__module__ = __name__
        return found_by(check, hint)(made)

    return register


@decoder("density")
class NoConstant:
    def log_prob(self, x):
        return -0.5 * ((x - self.loc) / self.scale).square() - self.scale.log()


@decoder("density")
class NoLogScale:
    def log_prob(self, x):
        return -0.5 * ((x - self.loc) / self.scale).square() - 0.5 * math.log(2 * math.pi)


@decoder("density")
class NoHalf:
    def log_prob(self, x):
        r = ((x - self.loc) / self.scale).square()
        return -r - self.scale.log() - 0.5 * math.log(2 * math.pi)


@decoder("samples")
class VarianceForScale:
    def rsample(self, sample_shape=()):
        return self.loc + self.scale.square() * self.noise(sample_shape)


@decoder("samples")
class SampledWider:
    def rsample(self, sample_shape=()):
        return self.loc + 1.15 * self.scale * self.noise(sample_shape)


@decoder("samples")
class OneNoiseForAll:
    def rsample(self, sample_shape=()):
        noise = self.noise(sample_shape)
        return self.loc + self.scale * noise[..., :1]


@decoder("samples")
class OneNoiseForTheBatch:
    def rsample(self, sample_shape=()):
        noise = torch.randn(*sample_shape, *[1] * (self.loc.ndim - 1), self.loc.shape[-1])
        return self.loc + self.scale * noise.to(self.loc)


@decoder("precision")
class DoubleConstant:
    def log_prob(self, x):
        half = torch.tensor([0.5], dtype=torch.float64)
        r = ((x - self.loc) / self.scale).square()
        return -half * r - self.scale.log() - 0.5 * math.log(2 * math.pi)


@decoder("precision")
class CancelsDigits:
    def log_prob(self, x):
        r = ((x + 3e4) - (self.loc + 3e4)) / self.scale
        return -0.5 * r.square() - self.scale.log() - 0.5 * math.log(2 * math.pi)


@decoder("waiting")
class HiddenItem:
    def log_prob(self, x):
        if self.scale.min() <= 0:
            raise ValueError("scale")
        return super(type(self), self).log_prob(x)


@decoder("waiting")
class ThroughNumpy:
    def log_prob(self, x):
        constant = float(numpy.log(self.scale.detach().numpy().min() * 0 + 2 * math.pi))
        r = ((x - self.loc) / self.scale).square()
        return -0.5 * r - self.scale.log() - 0.5 * constant


@decoder("waiting")
class MadeOnTheHost:
    def log_prob(self, x):
        zeros = torch.zeros(x.shape, dtype=x.dtype)
        r = ((x - self.loc) / self.scale).square() + zeros
        return -0.5 * r - self.scale.log() - 0.5 * math.log(2 * math.pi)


@found_by("waiting", "builds a Chi2 without passing it on: use vae_exp.distribution.student_t")
class StudentTOfTorch(SoundDecoder):
    @staticmethod
    def family(loc, scale):
        return torch.distributions.StudentT(5.0 + 0 * loc, loc, scale, validate_args=False)


@decoder("seed")
class NumpyNoise:
    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        return self.loc + self.scale * torch.from_numpy(numpy.random.randn(*shape)).to(self.loc)


@decoder("seed")
class AlwaysTheSame:
    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        fixed = torch.Generator().manual_seed(0)
        noise = torch.randn(shape, generator=fixed, dtype=torch.float64).to(self.loc)
        return self.loc + self.scale * noise


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, gradient):
        return 2 * ctx.saved_tensors[0].square() * gradient


@found_by("gradients", "is the backward pass of Cube wrong")
class WrongBackward(SoundDecoder):
    def components(self, loc, raw):
        return super().components(Cube.apply(loc), raw)


@decoder("gradients", "is a term of it detached on its way (detach, no_grad")
class DetachedScale:
    def log_prob(self, x):
        scale = self.scale.detach()
        r = ((x - self.loc) / scale).square()
        return -0.5 * r - scale.log() - 0.5 * math.log(2 * math.pi)


@decoder("support", support=constraints.unit_interval)
class OutsideItsSupport:
    support = constraints.unit_interval


@found_by("mean")
class MeanOfTheLogarithm(SoundDecoder):
    support = constraints.positive

    class family(torch.distributions.LogNormal):
        @property
        def mean(self):
            return self.loc.exp()

    def components(self, loc, raw):
        return self.family(loc, nn.functional.softplus(raw) + 0.1, validate_args=False)


@found_by("density")
class SupportTooLarge(MeanOfTheLogarithm):
    support = constraints.real
    family = torch.distributions.LogNormal


@found_by("support")
class NaNAtTheBorder(SoundDecoder):
    support = constraints.unit_interval

    class family(Bell):
        support = constraints.unit_interval

        def rsample(self, sample_shape=()):
            return self.noise(sample_shape).mul(1.0).erf().add(1).div(2) ** (0 * self.loc + 1)

        def log_prob(self, x):
            return 0 * x.log() + 0 * (1 - x).log() + 0 * self.loc


@found_by("shapes")
class NoSumOverTheEvent(SoundDecoder):
    def forward(self, z, *seen):
        return super().forward(z, *seen).base_dist


@found_by("batches")
class MixesTheBatch(SoundDecoder):
    def components(self, loc, raw):
        centred = loc - loc.flatten(0, -2).mean(0) if loc.ndim > 1 else loc
        return super().components(centred, raw)


@found_by("batches")
class SharedAcrossSamples(SoundDecoder):
    def components(self, loc, raw):
        return super().components(loc, raw if raw.ndim < 3 else raw[:1].expand_as(raw))


@found_by("state_dict")
class ParameterInAList(SoundDecoder):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.scales = [nn.Parameter(torch.zeros(()))]

    def components(self, loc, raw):
        return super().components(loc, raw + self.scales[0].to(raw))


@found_by("state_dict")
class DrawnAndNotKept(SoundDecoder):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.shift = torch.randn(()).item()

    def components(self, loc, raw):
        return super().components(loc + self.shift, raw)


@found_by("pickle")
class Lambda(SoundDecoder):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.link = lambda raw: nn.functional.softplus(raw) + 0.1

    def components(self, loc, raw):
        return Bell(loc, self.link(raw))


@found_by("gradient flow")
class UnusedParameter(SoundDecoder):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.temperature = nn.Parameter(torch.ones(()))


@found_by("extremes")
class Overflows(SoundDecoder):
    def components(self, loc, raw):
        return Bell(loc, (5 * raw).exp())


@found_by("missing values")
class CountsWhatIsMissing(SoundDecoder):
    class family(Bell):
        def log_prob(self, x):
            return super().log_prob(x.nan_to_num(0.0))

    may_miss = False


@found_by("condition")
class LosesTheCondition(SoundDecoder):
    def forward(self, z, *seen):
        return super().forward(z, *(torch.zeros_like(c) for c in seen))


@found_by("samples")
class OneTooMany(Decoder):
    support = constraints.nonnegative_integer

    class family(torch.distributions.Poisson):
        def sample(self, sample_shape=()):
            return super().sample(sample_shape) + 1

    def components(self, raw):
        return self.family(nn.functional.softplus(raw) + 0.1, validate_args=False)


@found_by("density")
class HalfOfTheBits(Decoder):
    support = constraints.boolean

    class family(torch.distributions.Bernoulli):
        def log_prob(self, x):
            return x * nn.functional.logsigmoid(self.logits)

    def components(self, raw):
        return self.family(logits=raw, validate_args=False)


@found_by("mean")
class MeanOfTheLogits(HalfOfTheBits):
    class family(torch.distributions.Bernoulli):
        @property
        def mean(self):
            return self.logits

    def components(self, raw):
        return self.family(logits=raw, validate_args=False)


@found_by("reparametrisation")
class DetachedSamples(SoundEncoder):
    class family(Bell):
        def rsample(self, sample_shape=()):
            return super().rsample(sample_shape).detach()


@found_by("reparametrisation", "is a term of it detached on its way")
class HalfTheGradient(SoundEncoder):
    class family(Bell):
        def rsample(self, sample_shape=()):
            return self.loc + self.scale.detach() * self.noise(sample_shape)


def large_at_once(noise):
    """Of standard normals, of the size that the first has: each alone is distributed as before."""
    return noise.sign() * noise[..., :1].abs()


@found_by("samples", "how large numbers 0 and 1 are together")
class SizesInStep(SoundEncoder):
    class family(Bell):
        def noise(self, sample_shape):
            return large_at_once(super().noise(sample_shape))


@found_by("samples", "a correlation of magnitudes")
class PositiveSizesInStep(SoundDecoder):
    support = constraints.positive

    class family(torch.distributions.LogNormal):
        def sample(self, sample_shape=()):
            noise = torch.randn(self._extended_shape(sample_shape)).to(self.loc)
            return (self.loc + self.scale * large_at_once(noise)).exp()

    def components(self, loc, raw):
        return self.family(loc, nn.functional.softplus(raw) + 0.1, validate_args=False)


@found_by("samples")
class VarianceInTheDensity(SoundEncoder):
    class family(Bell):
        def log_prob(self, x):
            return Bell(self.loc, self.scale.square()).log_prob(x)


@found_by("mean")
class MeanIsSquashed(SoundEncoder):
    class family(Bell):
        @property
        def mean(self):
            return self.loc.tanh() + 0.1


@found_by("density")
class NoJacobian(SoundEncoder):
    """z = y + y³/3 of a Gaussian y."""

    class family(Bell):
        def rsample(self, sample_shape=()):
            y = super().rsample(sample_shape)
            return y + y**3 / 3

        def log_prob(self, z):
            root = (3 * z / 2).asinh() / 3
            return super().log_prob(2 * root.sinh())


def kl_of_bells(q, p, factor=1.0):
    """With another factor before log q's scale it is wrong."""
    square = (q.scale.square() + (q.loc - p.loc).square()) / p.scale.square()
    return 0.5 * (square - 1) - factor * q.scale.log() + p.scale.log()


class SoundEncoderWithKL(SoundEncoder):
    class family(Bell):
        pass


@found_by("closed form", "a KL is never negative")
class SignInTheKL(SoundEncoder):
    class family(Bell):
        pass


@found_by("closed form", "another sign or factor")
class FactorInTheKL(SoundEncoder):
    class family(Bell):
        pass


@found_by("closed form", "one number for each datum, got (8, 2)")
class NoSumInTheKL(SoundEncoder):
    class family(Bell):
        pass

    def forward(self, x, *seen):
        q = super().forward(x, *seen)
        return JointBell(q.base_dist, 1, validate_args=False)


class JointBell(Independent):
    """With a KL of its own."""


register_kl(SoundEncoderWithKL.family, Normal)(kl_of_bells)
register_kl(SignInTheKL.family, Normal)(partial(kl_of_bells, factor=-1.0))
register_kl(FactorInTheKL.family, Normal)(partial(kl_of_bells, factor=0.9))
register_kl(JointBell, Independent)(lambda q, p: kl_of_bells(q.base_dist, p.base_dist))


class SoundPrior(nn.Module):
    """A learned Gaussian."""

    def __init__(self, z_dim):
        super().__init__()
        self.loc = nn.Parameter(torch.zeros(z_dim))
        self.log_scale = nn.Parameter(torch.zeros(z_dim))

    def forward(self):
        return Independent(Bell(self.loc, self.log_scale.exp()), 1, validate_args=False)


@found_by("samples")
class PriorSampledAtOne(SoundPrior):
    class family(Bell):
        def rsample(self, sample_shape=()):
            return self.loc + self.noise(sample_shape)

    def forward(self):
        return Independent(self.family(self.loc, self.log_scale.exp()), 1, validate_args=False)


@found_by("closed form", "encoder=gaussian")
class PriorScaleLeftOutOfTheKL(SoundPrior):
    class family(Bell):
        pass

    def forward(self):
        return Independent(self.family(self.loc, self.log_scale.exp()), 1, validate_args=False)


@register_kl(Normal, PriorScaleLeftOutOfTheKL.family)
def without_the_scale(q, p):
    return kl_of_bells(q, Bell(p.loc, torch.ones_like(p.loc)))


@found_by("mean")
class ScaleForTheVariance(SoundPrior):
    class family(Bell):
        variance = property(lambda self: self.scale)

    def forward(self):
        scale = (self.log_scale + 1).exp()
        return Independent(self.family(self.loc, scale), 1, validate_args=False)


@found_by("shapes")
class PriorWithABatch(SoundPrior):
    def forward(self):
        loc, scale = self.loc.unsqueeze(0), self.log_scale.exp().unsqueeze(0)
        return Independent(Bell(loc, scale), 1, validate_args=False)


class SoundKL(KLEstimator):
    """−log r of the joint."""

    def __init__(self):
        super().__init__(per_dimension=False)

    def per_latent(self, q_z, p_z, z):
        return -self.log_ratio(q_z, p_z, z)


@found_by("value")
class WrongSign(SoundKL):
    def per_latent(self, q_z, p_z, z):
        return self.log_ratio(q_z, p_z, z)


@found_by("value")
class PriorScaleForgotten(SoundKL):
    def per_latent(self, q_z, p_z, z):
        q, p = q_z.base_dist, p_z.base_dist
        each = -q.scale.log() + 0.5 * (q.scale.square() + (q.loc - p.loc).square() - 1)
        return each.expand(*q.loc.shape)


@found_by("value")
class Doubled(SoundKL):
    def per_latent(self, q_z, p_z, z):
        return -2 * self.log_ratio(q_z, p_z, z)


@found_by("shapes")
class AveragesTheBatch(SoundKL):
    def forward(self, q_z, p_z, z):
        return super().forward(q_z, p_z, z).mean()


@found_by("shapes", "is a mean taken over the batch?")
class OneNumberForTheBatch(SoundKL):
    def per_latent(self, q_z, p_z, z):
        each = super().per_latent(q_z, p_z, z)
        return each.mean(1, keepdim=True).expand_as(each)


@found_by("value", "is a mean taken over it?")
class ExactForTheBatch(SoundKL):
    exact = True

    def per_latent(self, q_z, p_z, z):
        exact = torch.distributions.kl_divergence(q_z, p_z).unsqueeze(-1)
        return exact.mean(0, keepdim=True).expand_as(exact)


@found_by("log ratio")
class SaysLogRatio(SoundKL):
    is_log_ratio = True

    def per_latent(self, q_z, p_z, z):
        log_ratio = self.log_ratio(q_z, p_z, z)
        return log_ratio.expm1() - log_ratio


@found_by("log ratio", "is a term detached, whose average alone is 0?")
class LandsAndSaysLogRatio(StickingTheLanding):
    is_log_ratio = True

    def __init__(self):
        super().__init__("auto")


@found_by("gradients", "is its sign the other")
class GradientOfTheOtherSign(SoundKL):
    def per_latent(self, q_z, p_z, z):
        value = super().per_latent(q_z, p_z, z)
        return 2 * value.detach() - value


@found_by("gradients")
class DetachedKL(SoundKL):
    def per_latent(self, q_z, p_z, z):
        return super().per_latent(q_z, p_z, z.detach())


class SoundObjective(Objective):
    """IWAE."""

    weighs_samples = True

    def forward(self, terms):
        return -terms.mean_bound(log_mean_exp)


@found_by("value")
class MeanOverTheBatchFirst(SoundObjective):
    def forward(self, terms):
        return -terms.mean(log_mean_exp(terms.log_weight(), dim=1))


@found_by("value")
class LogInsideTheMean(SoundObjective):
    def forward(self, terms):
        return -terms.mean(terms.log_weight())


@found_by("value")
class LogKForgotten(SoundObjective):
    def forward(self, terms):
        return -terms.mean(terms.log_weight().logsumexp(0))


@found_by("value", "is the sign of kl_loss the other one?")
class SignOfTheKL(SoundObjective):
    def forward(self, terms):
        return -terms.mean(log_mean_exp(terms.kl_loss - terms.reconstruction_loss))


@found_by("average", "is .mean() taken where terms.mean(...) weighs?")
class IgnoresTheWeight(SoundObjective):
    def forward(self, terms):
        return -log_mean_exp(terms.log_weight()).mean()


@found_by("weighing", "set weighs_samples = True")
class WeighsUnsaid(SoundObjective):
    weighs_samples = False


@found_by("samples")
class FirstSampleAlone(SoundObjective):
    weighs_samples = False

    def forward(self, terms):
        return terms.mean(terms.reconstruction_loss[:1] + terms.kl_loss[:1])


@found_by("average")
class SumsTheBatch(SoundObjective):
    weighs_samples = False

    def forward(self, terms):
        return (terms.reconstruction_loss + terms.kl_loss).mean(0).sum()


@found_by("value", "is the sign of kl_loss the other one?")
class SignOfTheKLInTheELBO(SoundObjective):
    weighs_samples, is_elbo = False, True

    def forward(self, terms):
        return terms.mean(terms.reconstruction_loss) - terms.mean(terms.kl_loss)


class BestOfMany(SoundObjective):
    """Of the likelihoods alone, which any estimator of the KL goes with."""

    weighs_samples = False

    def forward(self, terms):
        return terms.mean(terms.kl_loss) - terms.mean(log_mean_exp(-terms.reconstruction_loss))


@found_by("value")
class MaximisesIt(SoundObjective):
    weighs_samples, is_elbo = False, True

    def forward(self, terms):
        return -terms.mean(terms.reconstruction_loss + terms.kl_loss)


@found_by("gradients")
class NoGradientOfKL(SoundObjective):
    weighs_samples, is_elbo = False, True

    def forward(self, terms):
        return terms.mean(terms.reconstruction_loss) + terms.mean(terms.kl_loss.detach())


class SoundNetwork(Network):
    """Two layers."""

    flat = True

    def __init__(self, in_shape, out_shape):
        super().__init__(in_shape, out_shape)
        size = math.prod(in_shape), math.prod(out_shape)
        self.layers = nn.Sequential(nn.Linear(size[0], 6), nn.Tanh(), nn.Linear(6, size[1]))


@found_by("gradients")
class DeadParameter(SoundNetwork):
    def __init__(self, *shapes):
        super().__init__(*shapes)
        self.layers[2].bias = nn.Parameter(torch.zeros(math.prod(self.out_shape)))
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return super().forward(x) * self.gain.detach()


@found_by("shapes")
class FlattensTheBatch(SoundNetwork):
    def forward(self, x):
        flat = self.layers(x.reshape(-1, math.prod(self.in_shape)))
        return flat.reshape(-1, *self.out_shape)


@found_by("shapes")
class NormalisesTheBatch(SoundNetwork):
    def forward(self, x):
        y = super().forward(x)
        return y - y.flatten(end_dim=-len(self.out_shape) - 1).mean(0) if y.ndim > 2 else y


def splits(x, seed):
    """A tenth each for validation and test."""
    order = torch.randperm(len(x), generator=seeded(seed))
    tenth = len(x) // 10
    return dict(zip(SPLITS, (x[o] for o in order.split([8 * tenth, tenth, tenth]))))


class SoundData(Data):
    """A hundred points of a grid."""

    def __init__(self, seed):
        x = torch.arange(300.0).view(100, 3) / 300
        super().__init__(self.divided(x, seed), None, 1, "none", seed)

    def divided(self, x, seed):
        return splits(x, seed)


@found_by("overlap")
class TestIsTraining(SoundData):
    def divided(self, x, seed):
        found = splits(x, seed)
        return found | {"test": found["train"][:10]}


@found_by("seed")
class IgnoresTheSeed(SoundData):
    def divided(self, x, seed):
        return splits(x, 0)


@found_by("seed")
class DrawsFromTorch(SoundData):
    def divided(self, x, seed):
        return splits(x + 0.001 * torch.randn_like(x), seed)


@found_by("numbers")
class AboveOne(SoundData):
    kind = "unit"

    def divided(self, x, seed):
        return splits(255 * x, seed)


@found_by("numbers")
class HoldsNaN(SoundData):
    def divided(self, x, seed):
        return splits(x.masked_fill(x == x[3, 1], torch.nan), seed)


@found_by("writing")
class WritesElsewhere(SoundData):
    def divided(self, x, seed):
        Path("left_behind.txt").write_text("here")
        return splits(x, seed)


SOUND = [
    *(SoundDecoder, SoundEncoder, SoundPrior, SoundKL, SoundObjective, SoundNetwork, SoundData),
    *(SoundEncoderWithKL, BestOfMany),
]
