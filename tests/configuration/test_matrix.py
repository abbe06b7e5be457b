"""All combinations of parts: each trains and is evaluated, or is refused with the key to change."""

import functools
import itertools
import math
import random
import re

import pytest
import torch
from torch.distributions import constraints

from tests.conftest import options
from vae_exp.configuration.compatibility import check_compatibility, check_support
from vae_exp.configuration.compose import compose
from vae_exp.configuration.instantiate import instantiate
from vae_exp.data import SPLITS, Data
from vae_exp.data.images import Images
from vae_exp.distribution.space import same_space, space
from vae_exp.evaluation import Evaluation
from vae_exp.expectation import PATHWISE
from vae_exp.kl import closed_form, factorises
from vae_exp.vae import VAE

MATHEMATICS = ("encoder", "prior", "kl", "objective")
AROUND = ("decoder", "data", "network")
USUAL = dict(zip(MATHEMATICS, ("gaussian", "standard_normal", "analytic", "elbo")))
Z_DIM = 3
SMALL = {
    "encoder": {
        "two_layer": ["encoder.lower_dim=2"],
        "low_rank_gaussian": ["encoder.rank=1"],
        "fsq": ["encoder.levels=[4,3,2]"],
        "hierarchical": ["encoder.latents=[2,1]"],
        "sigmoid_belief": ["encoder.latents=[2,1]"],
    },
    "network": {
        "mlp": ["network.hidden=[5]"],
        "geodesic": ["network.hidden=[5]"],
        "conv": ["network.channels=[2]"],
        "resnet": ["network.channels=[2]", "network.blocks=1"],
        "gru": ["network.width=4"],
        "tcn": ["network.channels=[2]"],
    },
    "prior": {
        "two_layer": ["encoder=two_layer", "encoder.lower_dim=2", "prior.lower_dim=2"],
        "vampprior": ["prior.components=2"],
        "uniform_levels": ["prior.levels=[4,3,2]"],
        "hierarchical": ["encoder=hierarchical", "encoder.latents=[2,1]"],
        "sigmoid_belief": ["encoder=sigmoid_belief", "encoder.latents=[2,1]"],
    },
    "decoder": {"discretized_logistic_mixture": ["decoder.components=2"]},
}
KEYS = r"(kl|objective|encoder|decoder|prior|network|data)(\.\w+)*: "


def grey(bits):
    torch.manual_seed(0)
    values = {split: torch.randint(0, 256, (9, 1, 5, 4), dtype=torch.uint8) for split in SPLITS}
    return Images(values, None, 255, "auto" if bits else "none", False, 0)


def numbers(kind, shape):
    torch.manual_seed(0)
    draw = {
        "real": lambda: torch.randn(9, *shape),
        "unit": lambda: torch.rand(9, *shape).clamp(0.01, 0.99),
        "counts": lambda: torch.poisson(torch.full((9, *shape), 2.0)),
    }[kind]
    return Data({split: draw() for split in SPLITS}, None, 1, "auto", 0)


DATA = {
    "grey images": lambda: grey(bits=False),
    "images, bits where needed": lambda: grey(bits=True),
    "real vectors": lambda: numbers("real", (4,)),
    "vectors in (0, 1)": lambda: numbers("unit", (4,)),
    "counts": lambda: numbers("counts", (4,)),
    "real sequences": lambda: numbers("real", (5, 2)),
    "images of counts": lambda: numbers("counts", (2, 5, 4)),
}
FAMILIES = {**{group: options(group) for group in MATHEMATICS}, "decoder": options("decoder")}
FAMILIES["prior"] = [prior for prior in FAMILIES["prior"] if prior != "conditional"]  # below
FAMILIES |= {"network": options("network"), "data": list(DATA)}


@functools.cache
def config(group, option, network="linear"):
    """The configuration of one part, among small ones."""
    cfg = compose(*SMALL.get(group, {}).get(option, []), f"{group}={option}", f"z_dim={Z_DIM}")
    words = [f"network={network}", *SMALL["network"].get(network, [])]
    cfg.network = compose(*words).network
    return cfg[group]


@functools.cache
def part(group, option):
    """A part that needs to know of no other."""
    return instantiate(config(group, option), {"x_shape": (4,)})


def build(encoder, prior, kl, objective, decoder="gaussian", network="linear", data=None):
    data = data or numbers("real", (4,))
    q = instantiate(config("encoder", encoder, network), x_shape=data.shape)
    parts = {
        "encoder": q,
        "prior": instantiate(config("prior", prior), {"encoder": q, "x_shape": data.shape}),
        "kl": instantiate(config("kl", kl)),
        "objective": instantiate(config("objective", objective)),
        "decoder": instantiate(
            config("decoder", decoder, network),
            x_shape=data.shape,
            z_dim=getattr(q, "decoder_z_dim", Z_DIM),
        ),
    }
    vae = VAE(**parts, optimizer=lambda parameters: torch.optim.Adam(parameters, 1e-3))
    data.setup(vae.decoder.support)
    check_support(vae.decoder.support, data)
    vae.setup(data.batch("train", slice(0, 9)), 9)
    check_compatibility(vae, data.batch("train", slice(0, 9)))
    return vae, data


def goes(**chosen):
    """Three steps and an evaluation, all finite; or the line that refuses it."""
    torch.manual_seed(0)
    try:
        vae, data = build(**chosen)
    except ValueError as error:
        assert re.match(KEYS, str(error)), (chosen, error)
        assert "\n" not in str(error)
        return str(error)
    for _ in range(3):
        loss, info = vae.train()(data.batch("train", slice(0, 9)))
        vae.optimizer.zero_grad()
        loss.backward()
        vae.optimizer.step()
        assert loss.isfinite() and info["elbo"].isfinite(), chosen
        assert all(p.grad.isfinite().all() for p in vae.parameters() if p.grad is not None), chosen
    evaluation = Evaluation(
        2, "last", max_elements=10**6, probe=False, part_seconds=None, disentanglement=False
    )
    found = evaluation(vae, data, "test", 9)
    assert math.isfinite(found["elbo"]) and math.isfinite(found["log_likelihood"]), chosen
    return None


@functools.cache
def declared(encoder, prior, kl, objective):
    """Whether what the parts say of themselves admits this combination."""
    if part("objective", objective).weighs_samples and not part("kl", kl).is_log_ratio:
        return False
    chosen = part("objective", objective), part("kl", kl)
    smooth = getattr(part("encoder", encoder), "expectation", PATHWISE).reparametrised
    if not smooth and any(c.reparametrises for c in chosen):
        return False
    real = isinstance(space(pair(encoder, prior)[0]), type(constraints.real))
    if part("objective", objective).needs_real_latents and not real:
        return False
    return estimates(encoder, prior, kl)


@functools.cache
def estimates(encoder, prior, kl):
    """Whether a posterior and a prior have this KL."""
    q, p = pair(encoder, prior)
    if not same_space(q, p):
        return False
    if kl == "analytic":
        return closed_form(q, p) is not None
    if kl == "layerwise":
        return getattr(q, "sizes", "none of q") == getattr(p, "sizes", "none of p")
    return kl != "total_correlation" or factorises(q)


@functools.cache
def pair(encoder, prior):
    q = instantiate(config("encoder", encoder), x_shape=(4,))
    p = instantiate(config("prior", prior), {"encoder": q, "x_shape": (4,)})
    return q(torch.zeros(2, 4)), p()


@functools.cache
def encodes(network, data):
    """Whether a network takes the shape of these data."""
    try:
        instantiate(config("encoder", "gaussian", network), x_shape=DATA[data]().shape)
    except ValueError:
        return False
    return True


@functools.cache
def fits(decoder, data, network):
    """Whether a likelihood takes these data, and a network their shape: as the parts declare."""
    if not encodes(network, data):
        return False
    given = DATA[data]()
    try:
        support = instantiate(config("decoder", decoder, network), x_shape=given.shape).support
    except ValueError:
        return False
    given.setup(support)
    return bool(support.check(given.batch("train", slice(0, 9))).all())


def product(groups):
    return itertools.product(*(FAMILIES[group] for group in groups))


def run(chosen):
    return goes(**{**chosen, "data": DATA[chosen["data"]]()})


def cover():
    """Admitted combinations that together have every pair of options that any of them has, those of
    one of the mathematics and one of what is around them included, which see nothing of each other
    but distributions.
    """
    draw = random.Random(0)
    mathematics = [c for c in product(MATHEMATICS) if declared(*c)]
    observations = [c for c in product(AROUND) if fits(*c)]
    all_groups = (*MATHEMATICS, *AROUND)
    bits = {}

    def pairs(groups, combination):
        """A bit for each pair, in one number: sets are slow."""
        found = itertools.combinations(zip(groups, combination), 2)
        return functools.reduce(
            int.__or__, (1 << bits.setdefault(pair, len(bits)) for pair in found)
        )

    def gain(combination):
        return (pairs(all_groups, combination) & missing).bit_count()

    missing = 0
    for groups, admitted in ((MATHEMATICS, mathematics), (AROUND, observations)):
        for combination in admitted:
            missing |= pairs(groups, combination)
    both_sides = itertools.product(range(len(MATHEMATICS)), range(len(AROUND)))
    for first, second in both_sides:
        groups = MATHEMATICS[first], AROUND[second]
        values = {c[first] for c in mathematics}, {c[second] for c in observations}
        for both in itertools.product(*values):
            missing |= pairs(groups, both)
    chosen = []
    while missing:
        best = max(
            (draw.choice(mathematics) + draw.choice(observations) for _ in range(20)), key=gain
        )
        best = max((best[: len(MATHEMATICS)] + c for c in observations), key=gain)
        some = draw.sample(mathematics, 300)
        best = max((c + best[len(MATHEMATICS) :] for c in some), key=gain)
        if gain(best):
            chosen.append(dict(zip(all_groups, best)))
            missing &= ~pairs(all_groups, best)
    return chosen


@pytest.mark.long
def test_every_pair_of_options_works_together(record_property):
    trained = cover()
    for chosen in trained:
        assert run(chosen) is None, chosen
    total = math.prod(len(found) for found in FAMILIES.values())
    good = sum(declared(*c) for c in product(MATHEMATICS)) * sum(fits(*c) for c in product(AROUND))
    told = (
        f"combinations of {' × '.join(FAMILIES)}: {total:,}, of which {total - good:,} are refused"
    )
    record_property("matrix", f"{told}; {len(trained)} trained, all pairs that go together in them")


# a few here, and the whole products below
def test_what_goes_together_trains_and_what_does_not_is_refused():
    draw = random.Random(1)
    outcomes = []
    for _ in range(12):
        chosen = {group: draw.choice(FAMILIES[group]) for group in MATHEMATICS}
        outcomes.append(declared(**chosen))
        assert (goes(**chosen) is None) == outcomes[-1], chosen
        around = {group: draw.choice(list(FAMILIES[group])) for group in AROUND}
        outcomes.append(fits(**around))
        assert (run({**USUAL, **around}) is None) == outcomes[-1], around
    assert {True, False} == set(outcomes)


@pytest.mark.long
def test_the_whole_product_of_the_mathematics(record_property):
    trained = refused = 0
    for combination in product(MATHEMATICS):
        chosen = dict(zip(MATHEMATICS, combination))
        refusal = goes(**chosen)
        assert (refusal is None) == declared(*combination), (chosen, refusal)
        trained, refused = trained + (refusal is None), refused + (refusal is not None)
    record_property("matrix", f"{' × '.join(MATHEMATICS)}: {trained} trained, {refused} refused")


@pytest.mark.long
def test_the_whole_product_of_likelihoods_data_and_networks(record_property):
    trained = refused = 0
    for combination in product(AROUND):
        refusal = run({**USUAL, **dict(zip(AROUND, combination))})
        assert (refusal is None) == fits(*combination), (combination, refusal)
        trained, refused = trained + (refusal is None), refused + (refusal is not None)
    record_property("matrix", f"decoder × data × network: {trained} trained, {refused} refused")
