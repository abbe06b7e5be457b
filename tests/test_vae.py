"""The VAE: the published snippets, the loss by hand, gradients in expectation."""

import pickle
import subprocess
import sys

import pytest
import torch
from torch.utils.data import DataLoader

import vae_exp
from vae_exp.configuration.compose import compose
from vae_exp.experiment import build


def small(*overrides):
    """A VAE of the default kind with little in it, and a batch of its data."""
    width = [] if "network=linear" in overrides else ["network.hidden=[16]"]
    cfg = compose("z_dim=3", *width, *overrides)
    experiment = build(cfg)
    return experiment.vae, experiment.data.batch("train", slice(0, 32))


def test_the_snippets_of_the_contract():
    vae, x = small("decoder=bernoulli")
    loader = DataLoader(x, batch_size=8)
    before = [p.clone() for p in vae.parameters()]

    for x in loader:
        loss, info = vae(x)
        vae.optimizer.zero_grad()
        loss.backward()
        vae.optimizer.step()
    latent = vae.encoder(x).mean
    reconstructed = vae.decoder(latent).mean

    assert latent.shape == (8, 3)
    assert reconstructed.shape == x.shape
    assert info["loss"] == loss
    assert all((p != b).any() for p, b in zip(vae.parameters(), before, strict=True))


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("kl", ["analytic", "monte_carlo", "schulman"])
def test_loss_is_the_kl_minus_the_expected_log_likelihood(samples, kl):
    vae, x = small(f"objective.samples={samples}", f"kl={kl}")
    torch.manual_seed(1)
    loss, info = vae(x)

    torch.manual_seed(1)
    q_z, p_z = vae.encoder(x), vae.prior()
    z = q_z.rsample((samples,))
    p_x = vae.decoder(z)
    reconstruction_loss = vae.reconstruction_loss(p_x, x)
    kl_loss = vae.kl_loss(q_z, p_z, z)
    assert reconstruction_loss.shape == (samples, 32)
    assert kl_loss.shape == ((32,) if kl == "analytic" else (samples, 32))
    torch.testing.assert_close(loss, reconstruction_loss.mean() + kl_loss.mean())
    torch.testing.assert_close(info["reconstruction_loss"], reconstruction_loss.mean())
    torch.testing.assert_close(info["kl_estimate"], kl_loss.mean())
    exact = torch.distributions.kl_divergence(q_z, p_z).mean()
    torch.testing.assert_close(info["kl"], exact)
    torch.testing.assert_close(info["elbo"], -reconstruction_loss.mean() - exact)
    assert not any(value.requires_grad for value in info.values())


def test_gradients_of_analytic_and_monte_carlo_agree_in_expectation():
    vae, x = small("encoder=gaussian", "network=linear", "objective.samples=200")
    analytic, monte_carlo = vae.kl, build(compose("kl=monte_carlo")).vae.kl

    def gradients(kl):
        vae.kl = kl
        rows = []
        for _ in range(60):
            loss, _ = vae(x)
            grads = torch.autograd.grad(loss, list(vae.parameters()))
            rows.append(torch.cat([g.flatten() for g in grads]))
        rows = torch.stack(rows).double()
        return rows.mean(0), rows.var(0) / len(rows)

    (mean_a, var_a), (mean_b, var_b) = gradients(analytic), gradients(monte_carlo)
    noisy = var_a + var_b > 0  # not the weights of pixels that are always 0
    torch.testing.assert_close(mean_a[~noisy], mean_b[~noisy])
    errors = ((mean_a - mean_b) / (var_a + var_b).sqrt())[noisy]
    # about 900 parameters: standard normal errors stay below 5, and their square averages 1
    assert errors.abs().max() < 5
    assert errors.square().mean() < 1.3


@pytest.mark.long
def test_the_mathematics_needs_nothing_but_torch():
    script = """
import sys
blocked = {"hydra", "omegaconf", "wandb", "matplotlib", "torchvision", "rich", "pydantic", "zuko"}
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
import importlib, pkgutil, vae_exp, vae_exp.vae
for group in ("encoder", "decoder", "prior", "kl", "objective", "network", "distribution"):
    package = importlib.import_module("vae_exp." + group)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"vae_exp.{group}.{module.name}")
import vae_exp.configuration.compatibility
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_model_can_be_pickled():
    vae, x = small("objective.beta_schedule=cyclical", "decoder.scale=optimal")
    vae(x)
    copy = pickle.loads(pickle.dumps(vae))
    torch.manual_seed(0)
    expected, _ = vae(x)
    torch.manual_seed(0)
    assert copy(x)[0] == expected


def test_mistakes_in_python_are_answered_in_words():
    with pytest.raises(ValueError, match=r"^compose: expected words, .* got list$"):
        vae_exp.compose(["decoder=bernoulli"])
    for wrong in ("decoder=bernoulli", {}):
        with pytest.raises(ValueError, match=r"^build: expected a configuration, as vae_exp.comp"):
            vae_exp.build(wrong)
    experiment = vae_exp.build(vae_exp.compose("decoder=bernoulli", "z_dim=4", "network=linear"))
    with pytest.raises(ValueError, match=r"^z: expected shape \(\*, 4\), got \(2, 3\)$"):
        experiment.vae.decode(torch.zeros(2, 3))
    experiment.state.end_epoch({"elbo": -1.0}, experiment.vae.state_dict())
    assert len(repr(experiment.state)) < 1000  # in a notebook


def test_public_names():
    assert vae_exp.VAE is type(small()[0])
    # a submodule of the same name would take the function's place once it is imported
    assert all(callable(getattr(vae_exp, name)) for name in vae_exp.__all__ * 2)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        vae_exp.nothing_of_the_kind  # noqa: B018
