"""What the owner of a run wants to be told of while being elsewhere."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_exp.evaluation.posterior_histograms import PosteriorHistograms

COLLAPSED = 1  # active units, or fewer
IN_A_ROW = 2  # looks at a training that find this, for a slow beginning is none

Alert = tuple[str, str]  # title and text


class Alerts:
    """Watches a run; each kind of alert is told once.

    Args:
        warmup_steps: training steps before which few active units mean nothing.
    """

    def __init__(self, warmup_steps: int):
        self.warmup_steps = warmup_steps
        self.told: set[str] = set()
        self.collapsed = 0

    def of_record(self, record: dict[str, float]) -> list[Alert]:
        """Of a record of training: steps whose loss or gradient was not finite."""
        bad = record.get("train/bad_steps", 0)
        if not bad:
            return []
        return self._once(
            "Steps that are not finite",
            f"{int(bad)} up to step {record['step']}, which were not applied (train/bad_steps)",
        )

    def of_posterior(self, found: "PosteriorHistograms", step: int) -> list[Alert]:
        """Of a look at the posterior during training: hardly a unit is active, again."""
        low = step > self.warmup_steps and found.active <= min(COLLAPSED, found.latents - 1)
        self.collapsed = self.collapsed + 1 if low else 0
        return self._collapse(found.active, step) if self.collapsed >= IN_A_ROW else []

    def of_end(self, summary: dict[str, Any]) -> list[Alert]:
        """Of the summary: a training that failed, or hardly a unit that is active in the end."""
        if summary["status"] == "failed":
            return self._once("Run failed", str(summary.get("error", "")))
        active = summary.get("test/active_units")
        latents = len(summary.get("test/kl_per_latent", [0, 0]))  # of one, one is all
        if active is not None and active <= min(COLLAPSED, latents - 1):
            return self._collapse(active, summary.get("step", 0))
        return []

    def _collapse(self, active: int, step: int) -> list[Alert]:
        text = (
            f"{active} latent dimensions are active at step {step} (variance of E[z|x] over 0.01): "
            "the posterior of the others is the prior, for all data; a warm-up of the KL "
            "(objective.beta_schedule=linear) or objective.free_bits may help"
        )
        return self._once("Posterior collapse", text)

    def _once(self, title: str, text: str) -> list[Alert]:
        if title in self.told:
            return []
        self.told.add(title)
        return [(title, text)]
