"""The log-likelihood of a model between two bounds."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.distributions import constraints

from vae_exp.data import Data
from vae_exp.decoder.offset import Library
from vae_exp.distribution.space import same_space, space
from vae_exp.encoder import Encoder
from vae_exp.evaluation.annealed_importance import Annealing
from vae_exp.evaluation.annealing import Moves, tune
from vae_exp.evaluation.certification_plan import Plan
from vae_exp.evaluation.certified_data import Batch, Origin, draw, real, seed_of, simulated
from vae_exp.evaluation.hamiltonian import Joint
from vae_exp.evaluation.inference_gap import (
    amortized,
    optimize_posteriors,
    posterior_parameters,
    with_posterior,
)
from vae_exp.evaluation.kept import Kept
from vae_exp.evaluation.linear_gaussian import exact_log_likelihood
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.importance import by_name, sizes_at_once, weigh
from vae_exp.runtime.memory import keep_freed_memory
from vae_exp.runtime.rng import isolate_rng
from vae_exp.vae import VAE

TRIED = 2  # data, before all else


class Certification:
    """Bounds on log p(x) of data that the model draws, and of a split's.

    Of each datum of either kind: ``lower_log_likelihood``, from chains that go from p(z) to p(z|x),
    and the importance-weighted one, ``importance_log_likelihood``, with its ``elbo``;
    ``exact_log_likelihood`` of a linear model. Of simulated data, for which a draw from p(z|x) is
    known, ``upper_log_likelihood`` too, and the ``width`` between the two. See ``Annealing``. Of
    real data, if wanted, ``optimized_elbo``, see ``optimize_posteriors``, and for each of
    ``families`` ``optimized_elbo_<name>``, of its best q.

    Args:
        vae: the model, in evaluation mode.
        data, split: of real ones, and of conditions and missing components of simulated ones.
        plan: what is worked out.
        max_elements: how many numbers may be held at once, about. A datum with all its chains is
            always taken at once.
        families: by name encoders without a network of their own, in whose families q is sought
            too, beginning at what zeros as outputs give.

    Raises:
        ValueError: chains cannot follow a gradient from this p(z) to p(z|x), or the model cannot
            draw data, or has no free parameters of q for ``plan.gap``; a family has parameters
            that are no datum's own, or is on another space.
    """

    def __init__(
        self,
        vae: VAE,
        data: Data,
        split: str,
        plan: Plan,
        max_elements: int,
        families: Mapping[str, Encoder] | None = None,
    ):
        self.vae, self.data, self.split, self.plan = vae.eval(), data, split, plan
        self.families = dict(families or {})
        self.max_elements = max_elements
        self.count = min(plan.count, data.size(split))
        numbers = math.prod(data.shape)
        self.size, _ = sizes_at_once(vae, numbers, plan.chains, max_elements)
        self._check()

    def __call__(self, kept: Kept, progress: Progress = silent) -> dict[Origin, dict[str, Tensor]]:
        """By origin each of these numbers, (N,), in double precision.

        Args:
            kept: what was found before, and where to put what is found.
            progress: told how far it has come.
        """
        keep_freed_memory()
        found: dict[Origin, list[dict[str, Tensor]]] = {}
        parts = [(o, part) for o in self.plan.origins for part in range(0, self.count, self.size)]
        for number, (origin, start) in enumerate(parts):
            name = f"{origin} {start}"

            def told(part: str, share: float, number: int = number, origin: Origin = origin):
                progress(f"{part}, {origin} data", (number + share) / len(parts))

            if name not in kept.finished:
                kept.finish(name, self._certify(origin, start, kept, told))
            found.setdefault(origin, []).append(kept.finished[name])
        return {
            origin: {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
            for origin, parts in found.items()
        }

    def _certify(
        self, origin: Origin, start: int, kept: Kept, progress: Progress
    ) -> dict[str, Tensor]:
        """All of one batch."""
        batch = self._batch(origin, start)
        backward = batch.z is not None
        stages = 3 + backward + (self.plan.gap and not backward)
        stage = iter(range(stages))

        def told(done: int) -> Progress:
            return lambda part, share: progress(part, (done + share) / stages)

        joint = self._joint(batch)
        seed = (origin, start)
        moves = self._moves(joint, batch, seed, kept, told(next(stage)))
        with isolate_rng(self.data.device, self._seed(*seed, "begin")):
            z = draw(batch.p_z, self.plan.chains, len(batch.x))
        forward = self._anneal(joint, moves, z, False, seed, kept, told(next(stage)))
        results = {
            "lower_log_likelihood": forward["bound"],
            "effective_chains": forward["effective_chains"],
            "accepted": forward["accepted"],
        }
        if batch.z is not None:
            z = batch.z.expand_as(z)  # one and the same for all chains
            upper = self._anneal(joint, moves, z, True, seed, kept, told(next(stage)))
            results["upper_log_likelihood"] = upper["bound"]
            results["width"] = upper["bound"] - forward["bound"]
        told(next(stage))("importance sampling", 0)
        weighed = self._weigh(self.vae, batch)
        results["importance_log_likelihood"] = weighed["log_likelihood"]
        results["elbo"] = weighed["elbo"]
        if self.plan.gap and batch.z is None:
            results |= self._gap(batch, told(next(stage)))
        exact = exact_log_likelihood(self.vae, batch.modelled)
        if exact is not None:
            results["exact_log_likelihood"] = exact
        return {name: values.cpu().double() for name, values in results.items()}

    def _batch(self, origin: Origin, start: int) -> Batch:
        size = self.data.size(self.split)
        numbers = torch.arange(start, min(start + self.size, self.count))
        index = (numbers * size // self.count).to(self.data.storage)
        seed = self._seed("data", start)
        batch = real(self.vae, self.data, self.split, index, seed)
        if origin == "real":
            return batch
        return simulated(self.vae, batch, self.data.device, self._seed("simulated", start))

    def _joint(self, batch: Batch) -> Joint:
        return Joint(
            batch.p_z, lambda z: self.vae.decoder(z, *batch.seen.decoder).log_prob(batch.modelled)
        )

    def _moves(
        self, joint: Joint, batch: Batch, seed: tuple[Any, ...], kept: Kept, progress: Progress
    ) -> Moves:
        if "moves" in kept.under_way:
            state = kept.under_way["moves"]
            like = batch.modelled
            steps, scales = state["steps"].to(like), state["scales"].to(like)
            return Moves(steps, scales, self.plan.leapfrogs)
        with isolate_rng(self.data.device, self._seed(*seed, "tune")):
            z = draw(batch.p_z, self.plan.chains, len(batch.x))
        generator = self._generator(*seed, "moves")
        moves = tune(joint, z, self.plan.leapfrogs, generator, progress)
        kept.under_way["moves"] = {"steps": moves.steps.cpu(), "scales": moves.scales.cpu()}
        return moves

    def _anneal(
        self,
        joint: Joint,
        moves: Moves,
        z: Tensor,
        backward: bool,
        seed: tuple[Any, ...],
        kept: Kept,
        progress: Progress,
    ) -> dict[str, Tensor]:
        way = "backward" if backward else "forward"
        generator = self._generator(*seed, way)
        chains = Annealing(joint, moves, z, backward, self.plan.temperatures, generator)
        if way in kept.under_way:
            chains.load_state_dict(kept.under_way[way])
        while chains.done < self.plan.temperatures:
            progress(f"annealing {way}", chains.share)
            chains.advance()
            if kept.due():
                kept.under_way[way] = chains.state_dict()
                kept.save()
        kept.under_way[way] = chains.state_dict()
        return chains.results()

    @torch.no_grad()
    def _weigh(self, vae: VAE, batch: Batch) -> dict[str, Tensor]:
        samples = self.plan.importance_samples
        numbers = math.prod(self.data.shape)
        _, at_once = sizes_at_once(vae, numbers * len(batch.x), samples, self.max_elements)
        own = None if vae.condition.sees("prior") else batch.p_z
        with isolate_rng(self.data.device, self._seed("weigh")):
            return by_name(weigh(vae, own, batch.x, batch.c, samples, at_once))

    def _gap(self, batch: Batch, progress: Progress) -> dict[str, Tensor]:
        results = {}
        models = {"": self.vae}
        for name, encoder in self.families.items():
            models[f"_{name}"] = with_posterior(self.vae, encoder.to(self.data.device))
        for number, (name, vae) in enumerate(models.items()):

            def told(part: str, share: float, number: int = number):
                progress(part, (number + share) / len(models))

            with isolate_rng(self.data.device, self._seed("gap")):
                outputs = optimize_posteriors(vae, batch.p_z, batch.modelled, batch.seen, told)
            with posterior_parameters(vae.encoder, outputs):
                weighed = self._weigh(vae, batch)
            results[f"optimized_elbo{name}"] = weighed["elbo"]
            results[f"optimized_log_likelihood{name}"] = weighed["log_likelihood"]
        return results

    def _seed(self, *what: Any) -> int:
        return seed_of(self.plan.seed, *what)

    def _generator(self, *what: Any) -> torch.Generator:
        return torch.Generator(self.data.device).manual_seed(self._seed(*what))

    def _check(self) -> None:
        vae = self.vae
        if self.plan.gap:
            amortized(vae.encoder)
        batch = real(vae, self.data, self.split, slice(0, TRIED), 0)
        support = space(batch.p_z)
        if type(support) is not type(constraints.real):
            raise ValueError(
                "encoder: expected real latents, for Hamiltonian Monte Carlo moves freely in R^Z, "
                f"got a prior on {support}"
            )
        offset = getattr(vae.decoder, "offset", None)
        if "simulated" in self.plan.origins and isinstance(offset, Library):
            raise ValueError(
                "decoder.offset: expected none for simulated data, for a likelihood that is given "
                "the total of a datum does not say how to draw one, got library; use --on real"
            )
        self._joint(batch).at(draw(batch.p_z, 2, len(batch.x)))
        for name, encoder in self.families.items():
            if list(encoder.parameters()):
                raise ValueError(
                    "--family: expected one whose parameters are all a datum's own, such as "
                    f"full_gaussian, got {name}, of which some are shared by all data"
                )
            q_z = encoder.to(self.data.device)(batch.modelled, *batch.seen.encoder)
            if not same_space(q_z, batch.p_z):
                raise ValueError(
                    f"--family: expected one on the prior's space, {support}, got {name}, on "
                    f"{space(q_z)}"
                )
