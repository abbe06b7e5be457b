"""What is checked of a posterior, a likelihood or a prior."""

from vae_exp.checking.closed_form import check_closed_form
from vae_exp.checking.conditions import check_condition
from vae_exp.checking.density import check_density, check_support
from vae_exp.checking.gradients import check_flow, check_gradients, check_reparametrised
from vae_exp.checking.keeping import check_pickle, check_state
from vae_exp.checking.mean import check_mean
from vae_exp.checking.missing import check_missing
from vae_exp.checking.precision import check_extremes, check_precision
from vae_exp.checking.samples import check_samples
from vae_exp.checking.seed import check_seed
from vae_exp.checking.shapes import check_batches, check_shapes
from vae_exp.checking.verdict import Check
from vae_exp.checking.waiting import check_waiting

CHECKS: dict[str, Check] = {
    "shapes": check_shapes,
    "batches": check_batches,
    "support": check_support,
    "density": check_density,
    "samples": check_samples,
    "mean": check_mean,
    "closed form": check_closed_form,
    "seed": check_seed,
    "gradients": check_gradients,
    "gradient flow": check_flow,
    "reparametrisation": check_reparametrised,
    "precision": check_precision,
    "extremes": check_extremes,
    "missing values": check_missing,
    "condition": check_condition,
    "waiting": check_waiting,
    "pickle": check_pickle,
    "state_dict": check_state,
}
