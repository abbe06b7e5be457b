"""The classes of a few data: the sum over those of the others, against one written out."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Categorical, Independent, Normal

from vae_exp.condition import UNKNOWN
from vae_exp.condition.labels import Labels
from vae_exp.condition.semi_supervised import SemiSupervised
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build
from vae_exp.importance import score
from vae_exp.kl.monte_carlo import MonteCarlo
from vae_exp.kl.total_correlation import TotalCorrelation
from vae_exp.objective.dreg import DReG
from vae_exp.objective.elbo import ELBO
from vae_exp.objective.iwae import IWAE
from vae_exp.objective.miwae import MIWAE
from vae_exp.objective.mmd import MMD
from vae_exp.objective.piwae import PIWAE
from vae_exp.vae import VAE

CLASSES = (3, 4, 7)
NOISE = torch.tensor([0.5, -1.2, 0.1, 0.8])
SLOPE, SHIFT, SCALE = torch.tensor([1.5, -0.7, 0.4]), torch.tensor([0.0, 1.0, -2.0]), 0.8


class FixedNoise(Normal):
    """The same noise for all data, in whatever order they come."""

    def rsample(self, sample_shape=()):
        return self.loc + self.scale * NOISE[: sample_shape[0], None, None]


class Encoder(nn.Module):
    """q(z|x, y) = N(a x + d_y, t²)."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(0.4))
        self.shift = nn.Parameter(torch.tensor([0.1, 0.2, -0.3]))
        self.log_scale = nn.Parameter(torch.tensor([-0.4, 0.0, 0.2]))

    def forward(self, x, e):
        scale = (e @ self.log_scale.exp().unsqueeze(1)).expand_as(x)
        return Independent(FixedNoise(self.slope * x + e @ self.shift.unsqueeze(1), scale), 1)


class ExactEncoder(Encoder):
    """The posterior of the model as it begins."""

    def forward(self, x, e):
        w, b = e @ SLOPE.unsqueeze(1), e @ SHIFT.unsqueeze(1)
        variance = 1 / (1 + (w / SCALE) ** 2)
        return Independent(FixedNoise(variance * w * (x - b) / SCALE**2, variance.sqrt()), 1)


class Decoder(nn.Module):
    """p(x|z, y) = N(w_y z + b_y, s²)."""

    def __init__(self):
        super().__init__()
        self.slope, self.shift = nn.Parameter(SLOPE.clone()), nn.Parameter(SHIFT.clone())

    def forward(self, z, e):
        w, b = e @ self.slope.unsqueeze(1), e @ self.shift.unsqueeze(1)
        return Independent(Normal(w * z + b, SCALE), 1)


class Prior(nn.Module):
    def forward(self):
        return Independent(Normal(torch.zeros(1), 1.0), 1)


def linear(in_shape, out_shape):
    torch.manual_seed(1)
    return nn.Linear(*in_shape, *out_shape)


def model(objective, alpha=0.7, condition=None, encoder=None, kl=None):
    if condition is None:
        condition = SemiSupervised(CLASSES, None, (1,), linear, alpha, True, True, False, False)
    return VAE(
        Encoder() if encoder is None else encoder,
        Decoder(),
        Prior(),
        MonteCarlo("auto") if kl is None else kl,
        objective,
        lambda parameters: torch.optim.SGD(parameters, 0.1),
        condition,
    )


def elbo(samples=2, beta=1.0, free_bits=0.0):
    return ELBO(samples, beta, "constant", 1, free_bits, None, 1)


def batch():
    x = torch.tensor([[0.3], [-1.0], [2.0], [0.7], [-0.2]])
    return x, torch.tensor([4, UNKNOWN, 3, UNKNOWN, UNKNOWN])


def written_out(vae, x, c, alpha, bound):
    """J / B, one datum and one class after the other; N_labelled / N = 2/5."""
    total = 0.0
    for datum, label in zip(x, c.tolist()):
        log_q = vae.condition.classifier(datum).log_softmax(-1)

        def of_class(y, datum=datum):  # −B(x, y) − log p(y)
            w, b = vae.decoder.slope[y], vae.decoder.shift[y]
            loc = vae.encoder.slope * datum + vae.encoder.shift[y]
            scale = vae.encoder.log_scale[y].exp()
            z = loc + scale * NOISE[: vae.objective.samples]
            log_p_x = Normal(w * z + b, SCALE).log_prob(datum)
            log_ratio = Normal(0.0, 1.0).log_prob(z) - Normal(loc, scale).log_prob(z)
            return -bound(log_p_x, log_ratio) + math.log(3)

        if label == UNKNOWN:
            total += sum(log_q[y].exp() * (of_class(y) + log_q[y]) for y in range(3))
        else:
            y = CLASSES.index(label)
            total += of_class(y) - alpha * 5 / 2 * log_q[y]
    return total / len(x)


def by_gradient(vae, loss):
    return torch.autograd.grad(loss, list(vae.parameters()))


@pytest.mark.parametrize(
    ("objective", "bound"),
    [
        (elbo(), lambda log_p, log_r: (log_p + log_r).mean()),
        (elbo(beta=3.0), lambda log_p, log_r: (log_p + 3 * log_r).mean()),
        (IWAE(3), lambda log_p, log_r: (log_p + log_r).logsumexp(0) - math.log(3)),
        (MIWAE(4, 2), lambda p, r: ((p + r).view(2, 2).logsumexp(1) - math.log(2)).mean()),
    ],
    ids=["elbo", "beta", "iwae", "miwae"],
)
def test_the_loss_and_its_gradient_are_those_of_the_sum_written_out(objective, bound):
    vae, (x, c) = model(objective), batch()
    vae.condition.fit(c)
    loss, _ = vae(x, c)
    expected = written_out(vae, x, c, 0.7, bound)
    torch.testing.assert_close(loss, expected)
    for ours, theirs in zip(by_gradient(vae, loss), by_gradient(vae, expected)):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("objective", [DReG(3), PIWAE(4, 2)], ids=["dreg", "piwae"])
def test_other_gradients_for_the_encoder_leave_those_of_model_and_classifier(objective):
    x, c = batch()
    usual, other = model(IWAE(objective.samples)), model(objective)
    for vae in (usual, other):
        vae.condition.fit(c)
    (expected, _), (loss, _) = usual(x, c), other(x, c)
    torch.testing.assert_close(loss, expected)
    expected.backward(), loss.backward()
    for part in ("decoder", "condition"):
        pairs = zip(getattr(other, part).parameters(), getattr(usual, part).parameters())
        for ours, theirs in pairs:
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5)


def test_all_labelled_and_no_weight_for_the_classifier_is_the_conditional_model():
    x, c = batch()[0], torch.tensor([4, 7, 3, 3, 7])
    ours = model(elbo(), alpha=0.0)
    theirs = model(elbo(), condition=Labels(CLASSES, None, True, True, False, False))
    (loss, info), (expected, theirs_info) = ours(x, c), theirs(x, c)
    torch.testing.assert_close(loss - math.log(3), expected)  # − log p(y)
    for name in set(theirs_info) - {"loss"}:
        torch.testing.assert_close(info[name], theirs_info[name])
    loss.backward(), expected.backward()
    for part in ("encoder", "decoder"):
        for a, b in zip(getattr(ours, part).parameters(), getattr(theirs, part).parameters()):
            torch.testing.assert_close(a.grad if a.grad is not None else a, b.grad)


def log_p(x):
    """log p(y) + log p(x|y) of each class, in closed form: (B, K)."""
    return Normal(SHIFT, (SLOPE**2 + SCALE**2).sqrt()).log_prob(x) - math.log(3)


def test_a_datum_without_class_is_bounded_by_its_log_likelihood():
    x = batch()[0]
    bounds = torch.stack([-model(elbo(4))(datum)[0] for datum in x.split(1)])
    exact = log_p(x).logsumexp(1)
    grid = torch.linspace(-12, 12, 4001)  # the same by quadrature over z
    for datum, expected in zip(x, exact):
        joint = Normal(0.0, 1.0).log_prob(grid) - math.log(3)
        joint = joint + Normal(SLOPE[:, None] * grid + SHIFT[:, None], SCALE).log_prob(datum)
        torch.testing.assert_close(torch.trapezoid(joint.exp().sum(0), grid).log(), expected)
    assert (bounds < exact).all()


def test_with_the_true_posteriors_the_bound_is_the_log_likelihood():
    x = batch()[0]
    vae = model(elbo(3), encoder=ExactEncoder())
    posterior = log_p(x).log_softmax(1)
    vae.condition.log_q = lambda given: posterior
    loss, info = vae(x)
    torch.testing.assert_close(-loss, log_p(x).logsumexp(1).mean())
    # of classes that are summed out, too
    torch.testing.assert_close(info["reconstruction_loss"] + info["kl_estimate"], loss.detach())
    torch.testing.assert_close(info["elbo"], -info["reconstruction_loss"] - info["kl"])


def test_held_out_numbers_are_those_of_true_classes_and_say_how_often_q_is_right():
    x, c = batch()[0], torch.tensor([4, 7, 3, 3, 7])
    vae = model(elbo()).eval()
    vae.condition.labelled_share.fill_(0.01)  # of training data
    q = Categorical(logits=vae.condition.classifier(x))
    place = torch.tensor([1, 2, 0, 0, 2])
    loss, info = vae(x, c)
    torch.testing.assert_close(info["classifier_loss"], -0.7 * q.log_prob(place).mean())
    torch.testing.assert_close(info["accuracy"], (q.probs.argmax(1) == place).float().mean())
    bound = info["reconstruction_loss"] + info["kl_estimate"]
    torch.testing.assert_close(loss, bound + math.log(3) + info["classifier_loss"])
    torch.testing.assert_close(vae.classify(x), q.probs)
    assert "accuracy" not in vae.train()(*batch())[1]


def test_where_a_class_is_needed_the_most_probable_one_is_taken():
    vae, (x, _) = model(elbo()).eval(), batch()
    likely = torch.tensor(CLASSES)[vae.classify(x).argmax(1)]
    torch.testing.assert_close(vae.encode(x), vae.encode(x, likely))


def test_what_compares_the_data_of_a_batch_is_refused():
    with pytest.raises(ValueError, match=r"objective: .*MMD.*objective=elbo"):
        model(MMD(1, 0.0, 2.0, "imq"))
    with pytest.raises(ValueError, match=r"kl: .*TotalCorrelation"):
        model(elbo(), kl=TotalCorrelation(1.0, 1.0, 1.0))


def test_free_bits_are_of_the_weighted_average():
    x, c = batch()
    none, few, many = (model(elbo(free_bits=nats)) for nats in (0.0, 0.01, 50.0))
    for vae in (none, few, many):
        vae.condition.fit(c)
    torch.testing.assert_close(few(x, c)[0], none(x, c)[0])
    loss, info = many(x, c)
    of_classes = many.condition.possible(x, c).loss
    torch.testing.assert_close(loss, info["reconstruction_loss"] + 50 + of_classes)


def test_a_model_without_a_classifier_does_not_classify():
    vae = model(elbo(), condition=Labels(CLASSES, None, True, True, False, False))
    with pytest.raises(ValueError, match="condition=semi_supervised, got Labels"):
        vae.classify(batch()[0])


def test_no_class_of_bytes_is_taken_for_an_unknown_one():
    experiment = build(compose("condition=semi_supervised", "data.labelled=null"))
    data, condition = experiment.data, experiment.vae.condition
    assert data.labels["test"].dtype == torch.uint8 and (data.labels["test"] == 0).any()
    assert condition.labelled_share == 1
    x, c = data.at("test", slice(None))
    assert torch.equal(c, data.labels["test"].long())
    _, seen = condition(x, c)
    assert torch.equal(seen.decoder[0].argmax(1), c)


def test_one_datum_is_encoded_alone_and_under_several_classes():
    experiment = build(compose("condition=semi_supervised", "data.labelled=50"))
    vae = experiment.vae.eval()
    x = experiment.data.batch("test", slice(0, 3))
    z = vae.encode(x)
    torch.testing.assert_close(vae.encode(x[1]), z[1])
    torch.testing.assert_close(vae.reconstruct(x[1]), vae.reconstruct(x)[1])
    torch.testing.assert_close(vae.encode(x[1], [3, 4])[1], vae.encode(x, 4)[1])
    assert vae.decode(z[1], [3, 4]).shape == (2, 1, 8, 8)


def test_a_score_sums_the_classes_that_are_unknown_out():
    """p(x) = Σ_y N(x; b_y, w_y² + s²) / 3, and p(x|y) where y is known; the posteriors of z are
    exact, so that each sample's weight is p(x|y) / K, and the ELBO lacks KL(q(y|x) ‖ p(y|x))."""
    vae, (x, c) = model(elbo(), encoder=ExactEncoder()).eval(), batch()
    each = Normal(SHIFT, (SLOPE**2 + SCALE**2).sqrt()).log_prob(x)  # (B, y)
    log_joint = each - math.log(3)
    log_q = vae.condition.log_q(x).detach()
    known = c != UNKNOWN
    place = vae.condition._place(c).unsqueeze(1)
    expected = torch.where(known, each.gather(1, place).squeeze(1), log_joint.logsumexp(1))
    bound = torch.where(known, expected, (log_q.exp() * (log_joint - log_q)).sum(1))
    share = log_joint.softmax(1)
    sample_size = 3 * torch.where(known, 1.0, 1 / (share**2).sum(1))

    scores = score(vae, x, c, samples=3, max_elements=1000)
    torch.testing.assert_close(scores["log_likelihood"], expected)
    torch.testing.assert_close(scores["effective_sample_size"], sample_size)
    # its KL is in closed form, and the reconstruction loss an average of samples
    many = score(vae, x, c, samples=20_000, max_elements=10**7)
    torch.testing.assert_close(many["elbo"], bound, rtol=0, atol=0.05)
    torch.testing.assert_close(vae.score(x, samples=1)["log_likelihood"], log_joint.logsumexp(1))
