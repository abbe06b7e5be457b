"""Annealed importance sampling: p(x) from chains that go from p(z) to p(z|x), or back."""

import math
from typing import Any

import torch
from torch import Tensor

from vae_exp.evaluation.annealing import Moves, temperature
from vae_exp.evaluation.hamiltonian import Joint, transition


class Annealing:
    """C chains for each of B data, one step after the other, with their weights.

    Forward, z_0 ~ p(z), and z_t is a transition from z_{t−1} that leaves π_t ∝ p(z) p(x|z)^β_t as
    it is, 0 = β_0 < ... < β_T = 1:

        log w = Σ_{t=1}^T (β_t − β_{t−1}) log p(x|z_{t−1}),   E[w] = p(x),

    so that E[log 1/C Σ_c w_c] ≤ log p(x). Backward, from z_T ~ p(z|x), one exact draw for each
    datum that all its chains begin at, with the same transitions in the opposite order,
    E[1/w] = 1/p(x), and E[−log 1/C Σ_c 1/w_c] ≥ log p(x).

    By Markov's inequality P(log 1/C Σ_c w_c > log p(x) + b) ≤ e^−b, and so for the upper bound.

    Args:
        joint: p(z) and p(x|z).
        moves: steps and scales, of which the weights know nothing.
        z: where the chains begin, (C, B, Z).
        backward: whether that is p(z|x).
        temperatures: T.
        generator: of all that is drawn.

    Units: nats per datum.
    Source: Neal 2001, "Annealed importance sampling"; with decoders: Wu et al. 2017,
        arXiv 1611.04273; backward: Grosse, Ghahramani and Adams 2015, arXiv 1511.02543.
    """

    def __init__(
        self,
        joint: Joint,
        moves: Moves,
        z: Tensor,
        backward: bool,
        temperatures: int,
        generator: torch.Generator,
    ):
        self.joint, self.moves, self.backward = joint, moves, backward
        self.temperatures, self.generator = temperatures, generator
        self.point = joint.at(z)
        self.done = 0  # of T
        # on the CPU, for not every device has double precision
        self.log_w = torch.zeros(z.shape[:2], dtype=torch.float64)  # (C, B)
        self.accepted = torch.zeros_like(self.log_w[0])

    @property
    def share(self) -> float:
        """How much of the way is done."""
        return self.done / self.temperatures

    def advance(self) -> None:
        """Take the next of T steps: a difference of temperatures, and a transition."""
        t = self.temperatures - self.done if self.backward else self.done + 1
        high, low = (temperature(i / self.temperatures) for i in (t, t - 1))
        self.log_w += (high - low) * self.point.log_likelihood.cpu().double()
        self.done += 1
        if self.done < self.temperatures:  # what comes after the last is never asked for
            t = t - 1 if self.backward else t
            self._move(t / self.temperatures)

    def _move(self, share: float) -> None:
        step, scale = self.moves.at(share)
        beta = torch.full_like(step, temperature(share))
        self.point, accepted = transition(
            self.joint, self.point, beta, step, scale, self.moves.leapfrogs, self.generator
        )
        self.accepted += accepted.mean(0).cpu()

    def results(self) -> dict[str, Tensor]:
        """Of each datum (B,): the ``bound``, how many of the C chains count, ``effective_chains``,
        and the share of the proposals that was ``accepted``."""
        log_w = -self.log_w if self.backward else self.log_w
        log_sum = log_w.logsumexp(0)
        bound = log_sum - math.log(len(log_w))
        return {
            "bound": -bound if self.backward else bound,
            "effective_chains": (2 * log_sum - (2 * log_w).logsumexp(0)).exp(),
            "accepted": self.accepted / max(1, self.temperatures - 1),
        }

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on from here."""
        return {
            "z": self.point.z.cpu(),
            "log_w": self.log_w.clone(),
            "accepted": self.accepted.clone(),
            "done": self.done,
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there, as if nothing had been between.

        Raises:
            ValueError: it is a state of other chains.
        """
        like = self.point.z
        if state["z"].shape != like.shape or state["log_w"].shape != self.log_w.shape:
            raise ValueError(
                f"chains: expected a state of shape {tuple(like.shape)}, got "
                f"{tuple(state['z'].shape)}"
            )
        self.point = self.joint.at(state["z"].to(like))
        self.log_w = state["log_w"].clone()
        self.accepted = state["accepted"].clone()
        self.done = state["done"]
        self.generator.set_state(state["generator"])
