"""Sequences of a swinging pendulum, or along Lissajous curves."""

import math
from typing import Literal

import torch
from torch import Tensor

from vae_exp.data import Binarize, seeded
from vae_exp.data.synthetic import Synthetic, at_least, positive, tables_fit

AMPLITUDES = ((0.3, 0.9), (1.2, 1.8), (2.1, 2.7))  # of a pendulum, in radians: a class each
FREQUENCIES = ((1, 1), (1, 2), (2, 3), (3, 4))  # of a Lissajous curve: a class each
FINEST = 0.02  # time step of the integration: energies are kept to 1e-8
LONGEST_PERIOD = 12.0  # that of the largest amplitude is 11.4
LONGEST = 1000.0  # units of time of a pendulum, which take seconds to integrate


class Trajectories(Synthetic):
    """Sequences of T pairs, observed every ``step`` units of time from a random phase on.

        pendulum:   θ″ = −sin θ, observed as (θ, θ′); the class is the band of the amplitude
        lissajous:  (sin(a t + φ), sin(b t + ψ)); the class is (a, b)

    Args:
        kind: ``pendulum`` or ``lissajous``.
        length: T.
        step: between observations, in units in which a pendulum's small swing lasts 2π; a pendulum
            is followed for ``LONGEST`` of them at most.
        noise: the standard deviation of normal noise on every number.
        size: how many sequences to draw in all.
        validation_size, test_size: how many of them to hold out.
        binarize: ``none`` or ``auto``.
        seed: of the draws and of the splits.

    Shapes: x (T, 2).
    Raises:
        ValueError: a number out of range.
    """

    def __init__(
        self,
        kind: Literal["pendulum", "lissajous"],
        length: int,
        step: float,
        noise: float,
        size: int,
        validation_size: int,
        test_size: int,
        binarize: Binarize,
        seed: int,
    ):
        positive(length=length, step=step, size=size)
        at_least(0, noise=noise)
        tables_fit(size, length=length)
        generator = seeded(seed)
        draw = {"pendulum": pendulum, "lissajous": lissajous}[kind]
        x, labels = draw(size, length, step, generator)
        x += noise * torch.randn(x.shape, generator=generator, dtype=x.dtype)
        super().__init__(x.float(), labels, validation_size, test_size, binarize, seed)


def pendulum(
    size: int, length: int, step: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(θ, θ′), (N, T, 2), and the band of each amplitude, (N,)."""
    if length * step > LONGEST:
        raise ValueError(
            f"data.step: expected a pendulum to be followed for at most {LONGEST:g} units of time, "
            f"got length={length} times step={step:g}; make one of them smaller"
        )
    labels = torch.randint(len(AMPLITUDES), (size,), generator=generator)
    low, high = torch.tensor(AMPLITUDES, dtype=torch.float64)[labels].T
    u, phase = torch.rand(2, size, generator=generator, dtype=torch.float64)
    amplitude = low + (high - low) * u
    side = torch.randint(2, (size,), generator=generator) * 2 - 1
    state = torch.stack((side * amplitude, torch.zeros_like(amplitude)), -1)  # at rest
    state = swing(state, phase * LONGEST_PERIOD)
    states = [state]
    for _ in range(length - 1):
        states.append(swing(states[-1], torch.full_like(phase, step)))
    return torch.stack(states, 1), labels


def swing(state: Tensor, duration: Tensor) -> Tensor:
    """The states (N, 2) of pendulums after the durations (N,), by Runge and Kutta's method."""
    steps = math.ceil(duration.max().item() / FINEST)
    h = (duration / steps).unsqueeze(-1)
    for _ in range(steps):
        k1 = _motion(state)
        k2 = _motion(state + h / 2 * k1)
        k3 = _motion(state + h / 2 * k2)
        k4 = _motion(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state


def _motion(state: Tensor) -> Tensor:
    theta, velocity = state.unbind(-1)
    return torch.stack((velocity, -theta.sin()), -1)


def lissajous(
    size: int, length: int, step: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The curves' points, (N, T, 2), and which frequencies they have, (N,)."""
    labels = torch.randint(len(FREQUENCIES), (size,), generator=generator)
    frequencies = torch.tensor(FREQUENCIES, dtype=torch.float64)[labels].unsqueeze(1)  # (N, 1, 2)
    phases = 2 * torch.pi * torch.rand(size, 1, 2, generator=generator, dtype=torch.float64)
    t = step * torch.arange(length, dtype=torch.float64).unsqueeze(-1)  # (T, 1)
    return (frequencies * t + phases).sin(), labels
