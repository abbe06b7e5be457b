"""What a trained model is worth on held-out data."""

import math
from collections.abc import Callable
from typing import Any, Literal

import torch

from vae_exp.data import Data
from vae_exp.distributed.collectives import broadcast_object
from vae_exp.distributed.process_group import rank
from vae_exp.evaluation.budget import Budget, Seconds
from vae_exp.evaluation.code_usage import code_usage
from vae_exp.evaluation.disentanglement import disentanglement
from vae_exp.evaluation.disentanglement.factors import check_factors
from vae_exp.evaluation.gradient_estimators import gradient_estimators
from vae_exp.evaluation.importance import importance_weighted, usual_samples
from vae_exp.evaluation.imputation import imputation
from vae_exp.evaluation.information import information
from vae_exp.evaluation.kl_estimators import kl_estimators
from vae_exp.evaluation.latents import Latents, encode_split
from vae_exp.evaluation.probe import probe
from vae_exp.evaluation.progress import Progress, silent
from vae_exp.importance import USUAL
from vae_exp.training.validation import average_info
from vae_exp.vae import VAE

TOGETHER = 1000  # data that are looked at together

TakeEach = Callable[[dict[str, torch.Tensor]], None]  # numbers by name, (N,)


def ignore(each: dict[str, torch.Tensor]) -> None:
    """Nobody asks for them."""


class Evaluation:
    """Numbers over a whole split, in nats per datum. The noise is the same always.

    Args:
        importance_samples: K of the importance-weighted log-likelihood, a number that is taken
            however long that takes; or ``auto``, 128 or as many as fit into the budget.
        weights: evaluate the ``best`` weights by validation ELBO, or the ``last``.
        max_elements: how many numbers may be held at once, about, which bounds the memory.
        probe: whether to see how well classifiers do on the latents, where there are labels or
            covariates that are categories.
        part_seconds: what each part may take, or ``auto``, or none for as long as it takes, see
            ``Budget``.
        disentanglement: whether to see if each latent stands for one of the known factors of the
            data, two or more.

    Raises:
        ValueError: a number out of its range.
    """

    def __init__(
        self,
        importance_samples: int | Literal["auto"],
        weights: Literal["best", "last"],
        max_elements: int,
        probe: bool,
        part_seconds: Seconds,
        disentanglement: bool,
    ):
        if not (part_seconds is None or part_seconds == "auto" or part_seconds > 0):
            raise ValueError(
                "evaluation.part_seconds: expected a positive number, auto or null, got "
                f"{part_seconds}"
            )
        self.importance_samples = USUAL if importance_samples == "auto" else importance_samples
        for key, value in {
            "importance_samples": self.importance_samples,
            "max_elements": max_elements,
        }.items():
            if value < 1:
                raise ValueError(f"evaluation.{key}: expected a positive number, got {value}")
        self.reducible = importance_samples == "auto"
        self.weights = weights
        self.max_elements = max_elements
        self.probe = probe
        self.part_seconds = part_seconds
        self.disentanglement = disentanglement

    def check(self, data: Data) -> None:
        """See that the data have what is to be measured.

        Raises:
            ValueError: they do not.
        """
        if self.disentanglement:
            check_factors(data)

    def __call__(
        self,
        vae: VAE,
        data: Data,
        split: str,
        batch_size: int,
        progress: Progress = silent,
        take_each: TakeEach = ignore,
        trained: float = 0.0,
    ) -> dict[str, Any]:
        """All that can be said of a model and a split.

        Args:
            batch_size: that of training, for terms of the loss that depend on it.
            progress: told how far it has come.
            take_each: given what ``importance_weighted`` finds of each datum.
            trained: seconds that the training took, see ``Budget``.

        Returns:
            ``elbo``, ``reconstruction_loss``, ``kl``, ``log_likelihood``, ``effective_sample_size``
            (see ``importance_weighted``), with ``_stderr``, the standard error over the split, of
            the first and the fourth; ``importance_samples``, K; ``nonfinite``, how many data have
            one of these that is no finite number, where there are such data: they count as what
            they are, so that an average is not finite either;
            ``bits_per_dim``, −log_likelihood / (dim X · log 2), of discrete data, and a bound on it
            from a density on dequantised ones, where dim X counts the components that are observed
            and modelled;
            ``known_log_likelihood``, of the model that made the data, where that is known;
            ``inference_gap``, log_likelihood − elbo, which is KL(q(z|x) ‖ p(z|x)) for large K;
            ``loss``, what training minimises, over batches of ``batch_size``, and
            ``objective_gap``, −loss − elbo with the same samples: what the chosen objective and KL
            estimator say beyond the ELBO;
            ``imputation_rmse`` and ``imputation_accuracy``, see ``imputation``;
            ``accuracy`` of q(y|x), with ``_stderr``, of a model with a classifier;
            ``active_units``, ``kl_per_latent`` and ``kl_per_layer``, see ``Latents``; of codes
            ``code_perplexity`` and ``perplexity_per_latent``, see ``code_usage``;
            ``mutual_information``, ``mutual_information_upper``, ``marginal_kl`` and
            ``information_data``, see ``information``;
            ``kl_estimators`` and, of codes, ``gradient_estimators``, see there;
            ``linear_probe_accuracy`` and ``knn_accuracy``, of labels and of covariates, see
            ``probe``; ``mig``, ``sap``, ``dci_disentanglement`` and more, see ``disentanglement``;
            ``given``, which parts of the model see c, where any does;
            ``reduced``, which of these parts took fewer data, or samples, than they would if they
            had the time.
        """
        budget = Budget(self.part_seconds, data.device, trained)
        samples = self.importance_samples
        progress("log-likelihood", 0)
        if self.reducible:
            samples = usual_samples(vae, data, split, self.max_elements, budget)
        each = importance_weighted(vae, data, split, samples, self.max_elements, progress)
        take_each(each)
        numbers: dict[str, Any] = {name: values.mean().item() for name, values in each.items()}
        nonfinite = int((~torch.stack([*each.values()]).isfinite()).any(0).sum())
        if nonfinite:
            numbers["nonfinite"] = nonfinite
        for name in ("elbo", "log_likelihood"):
            numbers[f"{name}_stderr"] = _standard_error(each[name])
        numbers["importance_samples"] = samples
        log_cells = 0.0 if vae.decoder.support.is_discrete else data.log_cells
        modelled = share_modelled(vae, data, split)
        if log_cells is not None:
            bits = (modelled * log_cells - numbers["log_likelihood"]) / math.log(2)
            numbers["bits_per_dim"] = bits / (modelled * math.prod(data.shape))
        known = data.known_log_likelihood(split) if modelled == 1 else None  # which is of all of x
        if known is not None:
            numbers["known_log_likelihood"] = known
        numbers["inference_gap"] = numbers["log_likelihood"] - numbers["elbo"]

        progress("training loss", 0)
        size = affordable_loss(vae, data, split, batch_size, budget)
        own = average_info(vae, data, split, batch_size, size)
        numbers["loss"] = own["loss"]
        numbers["objective_gap"] = -own["loss"] - own["elbo"]
        if "accuracy" in own:
            numbers["accuracy"] = own["accuracy"]
            variance = own["accuracy"] * (1 - own["accuracy"])
            numbers["accuracy_stderr"] = math.sqrt(max(0.0, variance) / (size - 1))

        if rank():
            return numbers  # the rest is not divided, and left to the first process

        def encode(size: int) -> Latents:
            return encode_split(vae, data, split, size)

        progress("latents", 0)
        latents = encode(budget.affordable("active_units", data.size(split), encode))
        numbers["active_units"] = int(latents.active.sum())
        if latents.kl_per_latent is not None:
            numbers["kl_per_latent"] = latents.kl_per_latent.tolist()
        numbers |= code_usage(latents)
        if latents.kl_per_layer is not None:
            numbers["kl_per_layer"] = latents.kl_per_layer.tolist()
        progress("mutual information", 0)
        numbers |= information(vae, data, split, self.max_elements, budget)
        progress("KL estimators", 0)
        numbers["kl_estimators"] = kl_estimators(vae, data, split, self.max_elements, budget)
        if of_codes := gradient_estimators(vae, data, split, budget, progress):
            numbers["gradient_estimators"] = of_codes
        if data.hidden is not None:
            progress("imputation", 0)
            numbers |= imputation(vae, data, split, samples, self.max_elements, budget)
        if self.probe:
            progress("probes", 0)
            numbers |= probe(vae, data, split, latents, budget)
        if self.disentanglement:
            progress("disentanglement", 0)
            numbers |= disentanglement(vae, data, split, budget)
        if given := [part for part in vae.condition.parts if vae.condition.sees(part)]:
            numbers["given"] = given
        numbers["reduced"] = budget.reduced
        return numbers


@torch.no_grad()
def affordable_loss(vae: VAE, data: Data, split: str, batch_size: int, budget: Budget) -> int:
    """Of how many data of a split the loss may be taken."""
    if rank():
        return broadcast_object()
    vae.eval()

    def work(size: int) -> object:
        return vae(*data.at(split, slice(0, size)))

    size = data.size(split)
    return broadcast_object(budget.affordable("loss", size, work, first=batch_size))


def share_modelled(vae: VAE, data: Data, split: str) -> float:
    """The share of the components of a split that are observed, and no part of the condition."""
    if data.missing is None and not vae.condition.hides:
        return 1.0
    count = 0
    for start in range(0, data.size(split), TOGETHER):
        x, _ = vae.condition(*data.at(split, slice(start, start + TOGETHER)))
        count += int((~x.isnan()).sum())
    return count / (data.size(split) * math.prod(data.shape))


def _standard_error(values: torch.Tensor) -> float:
    return (values.std() / len(values) ** 0.5).item()
