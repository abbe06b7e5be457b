"""What a KL estimator says of itself with is_log_ratio: log q(z) − log p(z) of each sample."""

import torch
from torch import Tensor

from vae_exp.checking.kl_pairs import Estimator, estimate
from vae_exp.checking.subject import needs
from vae_exp.checking.verdict import Wrong

SAMPLES = 50


def check_log_ratio(subject: Estimator) -> str:
    """The value and the gradient of each sample, which objectives weigh that believe it."""
    part = subject.part()
    needs(part.is_log_ratio, "it says (is_log_ratio) that it is something else than −log r")
    q, p, leaves = subject.pair(1.0)
    z = q.rsample((SAMPLES,))
    each, expected = estimate(part, q, p, z), q.log_prob(z) - p.log_prob(z)
    gap = (each - expected).abs()
    if not (gap < 1e-6 * (1 + expected.abs())).all():
        s, b = divmod(int(gap.nan_to_num(torch.inf).argmax()), each.shape[1])
        raise Wrong(
            f"expected log q(z) − log p(z) of each sample of an estimator with is_log_ratio, "
            f"{expected[s, b].item():.5g}, got {each[s, b].item():.5g}; set is_log_ratio = False, "
            "or bounds that weigh samples (objective=iwae) are none of the likelihood"
        )
    weight = torch.randn_like(each)  # of each its own, as such objectives have
    both = (_gradients(weight * value, leaves) for value in (each, expected))
    for came, wanted in zip(*both):
        if not torch.allclose(came, wanted, rtol=1e-6, atol=1e-6 * wanted.abs().max().item()):
            raise Wrong(
                "expected the gradient of log q(z) − log p(z) of each sample of an estimator with "
                f"is_log_ratio, {wanted.flatten()[0].item():.5g}, got "
                f"{came.flatten()[0].item():.5g}; is a term detached, whose average alone is 0? "
                "set is_log_ratio = False"
            )
    return "log q(z) − log p(z) of each sample, value and gradient"


def _gradients(total: Tensor, leaves: list[Tensor]) -> list[Tensor]:
    if not total.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(total.sum(), leaves, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, found)]
