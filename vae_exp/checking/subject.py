"""A part that gives a distribution: a posterior, a likelihood or a prior, under test."""

import contextlib
import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, constraints

from vae_exp.checking.verdict import Skipped, Wrong
from vae_exp.distribution.space import space
from vae_exp.runtime.rng import isolate_rng

Role = Literal["encoder", "decoder", "prior"]
# q(z|x), p(x|z), p(z): what the part is called with, and what comes
WORDS = {"encoder": ("x", "q(z|x)"), "decoder": ("z", "p(x|z)"), "prior": ("c", "p(z)")}


class Subject:
    """A posterior, likelihood or prior that can be built as often as it takes.

    Whatever is built is the same again: same seed, same numbers. Its parameters are moved from
    where they start, or a scale that starts at 1 could not be told from its square.

    Args:
        role: which of the three.
        build: ``build(x_shape, z_dim)`` is the part, and the parts that it was given, which are
            not its own. ValueError where it refuses such shapes.
        x_shape, z_dim: those that most checks use.
        c_shape: of the condition that the part cannot do without, or none.
        network_for: ``network_for(wrap)`` is such a ``build`` with another network, a function of
            the part's own, of a part that has one.
    """

    def __init__(
        self,
        role: Role,
        build: Callable[[tuple[int, ...], int], tuple[nn.Module, Sequence[Any]]],
        x_shape: tuple[int, ...],
        z_dim: int,
        c_shape: tuple[int, ...] | None = None,
        network_for: Callable[[Callable[[Any], Any]], Callable[..., Any]] | None = None,
    ):
        self.role, self.build, self.c_shape = role, build, c_shape
        self.network_for = network_for
        self.x_shape, self.z_dim = tuple(x_shape), z_dim
        self._kept: dict[int, tuple[nn.Module, list[nn.Module]]] = {}

    @functools.cached_property
    def small(self) -> "Subject":
        """Of as few numbers as the part takes: one, if it can."""
        if self.role == "decoder":
            shapes = [((1,) * len(self.x_shape), self.z_dim), ((1,), self.z_dim)]
        else:
            shapes = [(self.x_shape, 1), (self.x_shape, 2)]
        for x_shape, z_dim in shapes:
            found = Subject(self.role, self.build, x_shape, z_dim, self.c_shape)
            try:
                event = found.distribution(*((2,) if self.c_shape else ())).event_shape
            except Exception:
                continue
            if self.role != "decoder" or tuple(event) == tuple(x_shape):
                return found
        return self

    def part(self, dtype: torch.dtype = torch.float64, seed: int = 0) -> nn.Module:
        """The part in evaluation mode, with parameters that are not as tame as they start."""
        return self.with_given(dtype, seed)[0]

    def with_given(
        self, dtype: torch.dtype = torch.float64, seed: int = 0
    ) -> tuple[nn.Module, list[nn.Module]]:
        """The part and the modules that it was given, which are not its own."""
        part, modules = self._built(seed)
        for module in (part, *modules):
            module.to(dtype)
        return part, modules

    def _built(self, seed: int) -> tuple[nn.Module, list[nn.Module]]:
        """In the type that it is built in; a copy where it can be copied, which takes less time."""
        if seed in self._kept:
            return copy.deepcopy(self._kept[seed])
        with isolate_rng(torch.device("cpu"), seed):
            part, given = self.build(self.x_shape, self.z_dim)
            modules = [module for module in given if isinstance(module, nn.Module)]
            for module in (part, *modules):
                stir(module)
                module.eval()
        with contextlib.suppress(Exception):  # of what pickle complains of, in its own check
            self._kept[seed] = copy.deepcopy((part, modules))
        return part, modules

    def sees(
        self, part: nn.Module, *batch: int, dtype: torch.dtype = torch.float64
    ) -> list[Tensor]:
        """What the part is called with, of that batch shape: x, z, or for a prior c or nothing."""
        if self.role == "prior":
            return [] if self.c_shape is None else [torch.rand(*batch, *self.c_shape, dtype=dtype)]
        if self.role == "encoder":
            return [torch.rand(*batch, *self.x_shape, dtype=dtype)]
        z = torch.randn(*batch, self.z_dim, dtype=dtype)
        # of z on a ball or a sphere: inside, where every network takes it
        domain = any(hasattr(module, "domain") for module in part.modules())
        return [0.5 * z / (1 + z.norm(dim=-1, keepdim=True))] if domain else [z]

    def distribution(
        self, *batch: int, part: nn.Module | None = None, dtype: torch.dtype = torch.float64
    ) -> Distribution:
        """What the part gives for random x, z or c of that batch shape."""
        part = self.part(dtype) if part is None else part
        return self.of(part, *self.sees(part, *batch, dtype=dtype))

    def of(self, part: nn.Module, *seen: Tensor) -> Distribution:
        """What the part gives for these.

        Raises:
            Wrong: it is no distribution.
        """
        found = part(*seen)
        if not isinstance(found, Distribution):
            raise Wrong(
                f"expected a torch.distributions.Distribution from forward, got "
                f"{type(found).__name__}; return the distribution {WORDS[self.role][1]} itself"
            )
        return found

    def batch_shape(self, *batch: int) -> tuple[int, ...]:
        """The batch shape that such a call has to give."""
        return batch if self.role != "prior" or self.c_shape is not None else ()

    @functools.cached_property
    def event_shape(self) -> tuple[int, ...]:
        """Of what is drawn, and of z all that a posterior or prior has without a batch."""
        if self.role == "decoder":
            return self.x_shape
        one = self.distribution()
        return tuple(one.batch_shape) + tuple(one.event_shape)

    @functools.cached_property
    def support(self) -> constraints.Constraint:
        """Where each component of x lives, of a likelihood, or z as a whole."""
        if self.role == "decoder":
            support = getattr(self.part(), "support", None)
            if not isinstance(support, constraints.Constraint):
                raise Wrong(
                    "expected an attribute support, a constraint of torch.distributions.constraints"
                    f", with which data are compared, got {support}; add support = "
                    "constraints.real (or unit_interval, boolean, ...) to the class"
                )
            return support
        try:
            return space(self.distribution(*((2,) if self.c_shape else ())))
        except NotImplementedError as error:
            raise Wrong(
                f"expected {WORDS[self.role][1]} to have a support, with which q and p are "
                "compared, got none; add support to the distribution"
            ) from error

    def inside(self, x: Tensor) -> Tensor:
        """Whether each of x (*, X) is in the support, (*,)."""
        fits = self.support.check(x)
        event = x.ndim - len(self.event_shape)
        return fits.flatten(event).all(-1) if fits.ndim > event else fits

    @property
    def real(self) -> bool:
        """Whether the density is one of real numbers, without borders."""
        return type(self.support) is type(constraints.real)


def stir(module: nn.Module) -> None:
    """Move parameters, none of which changes its sign: some are scales themselves."""
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.is_floating_point():
                continue
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
            noise = 0.3 * torch.randn_like(parameter)
            zero = noise / max(fan_in, 1) ** 0.5
            parameter.copy_(torch.where(parameter == 0, zero, parameter * noise.exp()))


def needs(condition: bool, why: str) -> None:
    """Raises Skipped with the reason unless the condition holds."""
    if not condition:
        raise Skipped(why)
