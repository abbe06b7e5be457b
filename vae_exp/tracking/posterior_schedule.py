"""When W&B is shown q(z|x) of validation data, and as what."""

from typing import TYPE_CHECKING, Any

from vae_exp.tracking.leave_out import leave_out

if TYPE_CHECKING:
    from vae_exp.data import Data
    from vae_exp.evaluation.posterior_histograms import PosteriorHistograms
    from vae_exp.vae import VAE


class PosteriorSchedule:
    """Looks at the posterior every so many epochs, until it fails once: so would the next look.

    Args:
        every: epochs between two looks, or none.

    Raises:
        ValueError: ``every`` is not positive.
    """

    def __init__(self, every: int | None):
        if every is not None and every < 1:
            raise ValueError(f"wandb.histograms: expected a positive number, got {every}")
        self.every = every

    def look(
        self, vae: "VAE", data: "Data", max_elements: int, epoch: int
    ) -> "PosteriorHistograms | None":
        """Histograms over validation data where they are due after this epoch, else none."""
        if not self.every or epoch % self.every:
            return None
        from vae_exp.evaluation.posterior_histograms import posterior_histograms

        found = None
        with leave_out("histograms of the posterior"):
            found = posterior_histograms(vae, data, "validation", max_elements)
        if found is None:
            self.every = None
        return found


def shown(found: "PosteriorHistograms") -> dict[str, Any]:
    """What a record of W&B has of it, as ``posterior/...``."""
    import wandb

    histograms = {
        f"posterior/{name}": wandb.Histogram(np_histogram=histogram)
        for name, histogram in found.histograms.items()
    }
    return {**histograms, "posterior/active_units": found.active}
