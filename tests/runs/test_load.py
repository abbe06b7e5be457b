"""Reading a run back: the model, the folders, and what must not be executed on the way."""

import os
import pickle
import shutil

import pytest
import torch
from omegaconf import OmegaConf

import vae_exp
from tests.conftest import one_in
from vae_exp.evaluation.importance import importance_weighted
from vae_exp.runs.load import load_experiment
from vae_exp.storage.saved_run import SavedRun, find_runs


def test_load_gives_the_model_that_was_evaluated(saved):
    state = torch.get_rng_state()
    vae = vae_exp.load(saved)
    assert torch.equal(state, torch.get_rng_state())
    assert not vae.training
    data = load_experiment(SavedRun(saved), SavedRun(saved).config).data
    each = importance_weighted(vae, data, "test", samples=8, max_elements=1_000_000)
    summary = SavedRun(saved).summary
    for name in ("elbo", "log_likelihood"):  # so many at once round otherwise than all
        assert each[name].mean().item() == pytest.approx(summary[f"test/{name}"], rel=1e-7)


def test_load_needs_no_data(saved, monkeypatch):
    monkeypatch.setattr("vae_exp.data.digits.Digits.__init__", None)
    x = torch.rand(5, 1, 8, 8).round()
    vae = vae_exp.load(saved, device="cpu")
    assert vae.encode(x).shape == (5, 20)
    with torch.no_grad():
        assert torch.equal(vae.encode(x), vae.encoder(x).mean)
        assert torch.equal(vae.reconstruct(x), vae.decoder(vae.encoder(x).mean).mean)
    assert not vae.reconstruct(x).requires_grad
    samples = vae.sample(7)
    assert samples.shape == (7, 1, 8, 8)
    assert set(samples.unique().tolist()) <= {0.0, 1.0}


def test_load_takes_the_weights_asked_for(saved):
    torch.manual_seed(1)
    last = torch.load(saved / "checkpoints" / "last.pt")
    for value in last["vae"].values():
        value += 1
    torch.save(last, saved / "checkpoints" / "last.pt")
    best, last = (vae_exp.load(saved, weights=weights) for weights in ("best", "last"))
    weight, other = (vae.decoder.network.layers[0].weight for vae in (best, last))
    assert torch.allclose(weight + 1, other)


def test_find_runs_looks_into_sweeps_and_knows_each_run_once(saved, tmp_path):
    sweep = tmp_path / "sweep"
    for n in range(1, 11):
        shutil.copytree(saved, sweep / str(n))
    shutil.copytree(saved, sweep / "0")
    (sweep / "0" / "metrics.jsonl").unlink()  # as a refused job leaves its folder
    names = [run.path.name for run in find_runs([sweep, sweep / "3"])]
    assert names == [str(n) for n in range(1, 11)]  # in the order of numbers


def test_a_metrics_file_cut_short_reads_up_to_there(saved):
    file = saved / "metrics.jsonl"
    whole = SavedRun(saved).metrics
    file.write_text(file.read_text()[:-20])
    assert SavedRun(saved).metrics == whole[:-1]
    file.write_text("{broken\n" + file.read_text())
    with pytest.raises(ValueError, match="expected JSON in line 1"):
        _ = SavedRun(saved).metrics


def test_summary_is_updated_and_keeps_the_rest(saved):
    before = SavedRun(saved).summary
    SavedRun(saved).update_summary({"test/elbo": float("nan")})
    assert SavedRun(saved).summary == {**before, "test/elbo": None}


class Bomb:
    """A pickle that runs a command when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_code_in_a_checkpoint_is_not_run(saved, tmp_path):
    bang = tmp_path / "bang"
    torch.save({"vae": Bomb(bang)}, saved / "checkpoints" / "best.pt")
    with pytest.raises(ValueError, match=r"best.pt: expected a checkpoint of vae_exp"):
        vae_exp.load(saved)
    (saved / "checkpoints" / "best.pt").write_bytes(pickle.dumps(Bomb(bang)))
    with pytest.raises(ValueError, match=r"best.pt: expected a checkpoint of vae_exp"):
        vae_exp.load(saved)
    assert not bang.exists()
    pickle.loads((saved / "checkpoints" / "best.pt").read_bytes())  # the bomb is a real one
    assert bang.exists()


HOSTILE = {
    "a function of another module": {"_target_": "os.system", "command": "touch {bang}"},
    "a class of another module": {
        "_target_": "subprocess.Popen",
        "args": "touch {bang}",
        "shell": True,
    },
    "a module reached through ours": {
        "_target_": "vae_exp.tracking.os.system",
        "command": "touch {bang}",
    },
    "a function of ours": {
        "_target_": "vae_exp.configuration.instantiate.instantiate",
        "_recursive_": False,
        "config": {"_target_": "os.system", "command": "touch {bang}"},
    },
    "a function in a trusted module": {
        "_target_": "vae_exp.evaluation.importance.math.sqrt",
        "x": 2.0,
    },
    "hidden in a list": {
        "_target_": "vae_exp.kl.analytic.Analytic",
        "per_dimension": [{"_target_": "os.system", "command": "touch {bang}"}],
    },
    "an interpolated name": {"_target_": "${evil}", "command": "touch {bang}"},
    "a look-alike": {"_target_": "vae_exp_evil.Analytic"},
    "of torch, but no part": {"_target_": "torch.hub.load", "repo_or_dir": "{bang}"},
}


def planted(run, section, hostile, bang):
    config = OmegaConf.load(run / ".hydra" / "config.yaml")
    config.evil = "os.system"
    config[section] = OmegaConf.create(
        OmegaConf.to_yaml(OmegaConf.create(hostile)).replace("{bang}", str(bang))
    )
    OmegaConf.save(config, run / ".hydra" / "config.yaml")


@pytest.mark.parametrize("section", one_in(3, ["kl", "data", "encoder", "optimizer", "wandb"]))
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_stranger_s_target_is_refused_and_not_run(cli, saved, section, hostile):
    bang = saved / "bang"
    planted(saved, section, hostile, bang)
    with pytest.raises(ValueError, match=rf"^{section}\..*_target_: expected a class of the"):
        vae_exp.load(saved)
    for module in ("evaluate", "certify", "sample", "score", "encode", "reconstruct", "impute"):
        result = cli(str(saved), module=module)
        assert result.exit_code == 2
        assert result.err.count("\n") == 1
        assert "which was not run" in result.err
    assert not bang.exists()


def test_python_in_a_yaml_file_is_not_run(saved):
    bang = saved / "bang"
    file = saved / ".hydra" / "config.yaml"
    file.write_text(file.read_text() + f"\nx: !!python/object/apply:os.system ['touch {bang}']\n")
    with pytest.raises(ValueError, match=r"config.yaml: expected YAML"):
        vae_exp.load(saved)
    assert not bang.exists()


def test_a_package_of_the_users_own_can_be_allowed(saved, tmp_path, monkeypatch):
    (tmp_path / "trusted_package.py").write_text(
        "from vae_exp.kl.analytic import Analytic\nclass Mine(Analytic):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    planted(saved, "kl", {"_target_": "trusted_package.Mine", "per_dimension": "auto"}, "")
    with pytest.raises(ValueError, match="allow its package"):
        vae_exp.load(saved)
    with pytest.raises(ValueError, match="allow its package"):
        vae_exp.load(saved, allow=["trusted_pack"])
    assert type(vae_exp.load(saved, allow=["trusted_package"]).kl).__name__ == "Mine"


BROKEN = {
    "no such folder": (lambda run: shutil.rmtree(run), "expected the folder of a run"),
    "no configuration": (
        lambda run: (run / ".hydra" / "config.yaml").unlink(),
        "found no .hydra/config.yaml in it",
    ),
    "a sweep": (
        lambda run: (
            (run / ".hydra" / "config.yaml").unlink(),
            (run / "multirun.yaml").write_text(""),
        ),
        "found a sweep, whose jobs have one each, .*/0 and so on",
    ),
    "no checkpoint": (
        lambda run: (run / "checkpoints" / "best.pt").unlink(),
        r"best.pt: expected a checkpoint \(No such file",
    ),
    "truncated checkpoint": (
        lambda run: os.truncate(run / "checkpoints" / "best.pt", 1000),
        "best.pt: expected a checkpoint of vae_exp",
    ),
    "empty checkpoint": (
        lambda run: os.truncate(run / "checkpoints" / "best.pt", 0),
        "best.pt: expected a checkpoint of vae_exp",
    ),
    "a file of something else": (
        lambda run: torch.save({"a": 1}, run / "checkpoints" / "best.pt"),
        "best.pt: expected a checkpoint of vae_exp",
    ),
    "another model's weights": (
        lambda run: change(run, lambda cfg: cfg.update(z_dim=3)),
        "checkpoint: expected the weights of this model",
    ),
    "a section gone": (
        lambda run: change(run, lambda cfg: cfg.pop("prior")),
        "config.yaml: expected a section prior, found none",
    ),
    "broken YAML": (
        lambda run: (run / ".hydra" / "config.yaml").write_text("a: [\n"),
        "config.yaml: expected YAML",
    ),
    "a list for a configuration": (
        lambda run: (run / ".hydra" / "config.yaml").write_text("- a\n"),
        "config.yaml: expected a mapping, got another value",
    ),
    "an interpolation to nowhere": (
        lambda run: change(run, lambda cfg: cfg.update(z_dim="${nowhere}")),
        "nowhere",
    ),
}


def change(run, how):
    file = run / ".hydra" / "config.yaml"
    config = OmegaConf.load(file)
    how(config)
    OmegaConf.save(config, file)


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_folder_is_refused_in_one_line(cli, saved, what):
    break_it, message = BROKEN[what]
    break_it(saved)
    for module in ("evaluate", "certify", "sample", "score", "encode", "impute"):
        result = cli(str(saved), module=module)
        assert result.exit_code == 2, result.err
        assert result.err.count("\n") == 1, result.err
        assert "Traceback" not in result.err
    with pytest.raises(ValueError, match=message):
        vae_exp.load(saved)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "tpu"}, "device: expected auto"),
        ({"device": "cuda:9"}, "device: expected a device of this machine"),
        ({"weights": "worst"}, "weights: expected best or last, got worst"),
    ],
)
def test_load_refuses_wrong_arguments(saved, arguments, message):
    with pytest.raises(ValueError, match=message):
        vae_exp.load(saved, **arguments)
