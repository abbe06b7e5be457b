"""Wrong command lines: one line that names the key, exit code 2, before any training."""

import re
import shlex

import pytest
import yaml

import vae_exp
from tests.conftest import one_in

WRONG = {
    # what does not exist
    "decoderr=bernoulli": "decoderr: .*did you mean decoder?",
    "decoder=bernouli": "decoder: expected one of bernoulli, beta, .*, student_t, .*, got bernouli",
    "decoder=discretised_logistic": r"got .*; did you mean discretized_logistic\?",
    "encoder=gausian": r"got gausian; did you mean gaussian\?",
    "network=cnn": r"got cnn; did you mean conv\?",
    "network=resnet50": r"network: expected one of .*got resnet50; did you mean resnet\?",
    "data=imagenet": "data: expected one of .*, got imagenet\n",
    "experiment=nobody": "experiment: expected one of",
    "trainer.epoch=3": r"trainer.epoch: .*did you mean trainer.epochs\?",
    "optimizer.learning_rate=3": "optimizer.learning_rate: expected one of the keys lr, betas",
    "decoder=bernoulli decoder.scale=fixed": "decoder.scale: expected one of the keys z_dim",
    "encoder_network=conv": r"did you mean network@encoder_network\?",
    "decoder=null": "decoder: expected the name of an option, got null",
    "optimizer=3": "optimizer: expected the name of an option, got 3",
    "decoder=gaussian,laplace": "decoder=gaussian,laplace: expected one value, got several; -m",
    "+network.widht=3": "network.widht: expected one of the keys of MLP",
    "encoder._target_=my_package.Nothing": "encoder._target_: expected the dotted path",
    "--epochs=3": r"unrecognized arguments: --epochs=3; did you mean trainer\.epochs=\.\.\.\?",
    "--resume outputs/a": r"unrecognized arguments: --resume; did you mean resume=\.\.\.\?",
    "--nonsense": "unrecognized arguments: --nonsense; keys and groups have no dashes",
    "plots.names=[sample]": r"plots\.names: expected each one of .*; did you mean samples\?",
    "--config-dir my_cnf": "--config-dir: expected a folder, got .*/my_cnf, which is not there\n",
    "compare outputs/priors": "compare: expected .*; python -m vae_exp.compare outputs/priors",
    "score outputs/1 --samples 3": "python -m vae_exp.score outputs/1 --samples 3",
    # what cannot be read
    "z_dim=[": "expected key=value",
    "seed": "expected key=value",
    "é=3": "é=3: expected key=value.*got 'é' for a key",
    "trainer.=3": "trainer.=3: expected key=value.*got 'trainer.' for a key",
    "trainer..epochs=3": "expected key=value.*for a key",
    "data/digits": "data/digits: expected key=value or group=option, got no =",
    "decoder=gaussian,": "got one that ends with a comma; values of -m have no space",
    "epochs=3": "epochs: expected a key .*did you mean trainer.epochs?",
    "wandb.project=a/b#c": """these very characters are written 'wandb.project="a/b#c"'""",
    "wandb.project=a=b": """these very characters are written 'wandb.project="a=b"'""",
    "wandb.project=a&b": """these very characters are written 'wandb.project="a&b"'""",
    "wandb.project=é": """these very characters are written 'wandb.project="é"'""",
    "wandb.project=(a": """these very characters are written 'wandb.project="\\(a"'""",
    "wandb.project={a": """these very characters are written 'wandb.project="{a"'""",
    "wandb.project='a": "these very characters are written",
    "wandb.project=${": """these very characters are written 'wandb.project="\\${"'""",
    # what Hydra says in words of its own
    "hydra.run.dir=[a]": r"hydra.run.dir: expected text, got \[a\]",
    "hydra.run.dir=null": "hydra.run.dir: expected a value, got null",
    "hydra.mode=nope": "hydra.mode: expected one of RUN, MULTIRUN, got nope",
    "hydra.searchpath=nope": "hydra.searchpath: expected a list, such as",
    "wandb.project=${a}": "wandb.project: expected a key of the configuration in .*, got a,",
    "wandb.project=${oc.env:NOPE}": "wandb.project: expected the environment variable NOPE",
    "wandb.project=${nope:3}": "wandb.project: expected oc.env or another resolver .*, got nope",
    "trainer.epochs=range(1,3)": r"trainer.epochs: expected one value, got range\(1,3\); -m",
    "+z_dim=3": "z_dim: expected no . before a key that there is",
    "+trainer=default": "trainer: expected no . before a group that there is",
    # what it takes without a word
    "sweep.resume=nope": "sweep.resume: expected -m with it, to sweep, got nope",
    "sweep.resume=5": "sweep.resume: expected -m with it",
    "sweep=true": "sweep: expected one of its keys, which are sweep.resume, got true",
    "hydra=3": "hydra: expected one of its keys",
    "hydra.verbose=nope": "hydra.verbose: expected true, false or the name of a logger.*got nope",
    "hydra.run.dir=": "hydra.run.dir: expected a folder, got nothing",
    "-m hydra.run.dir=x": "hydra.run.dir: expected hydra.sweep.dir",
    "trainer={}": "trainer: expected the name of an option, got {}",
    "decoder=[gaussian,laplace]": "decoder: expected the name of an option, got .*; -m decoder=a,b",
    "decoder=gaussian.yaml": "got gaussian.yaml; decoder=gaussian is how",
    "decoder=../config": "decoder: expected the name of an option, got ../config",
    "decoder=gaussian decoder=laplace": "decoder: expected one option, got gaussian and laplace",
    "~decoder": "decoder: expected a value, for every run has one, got ~decoder",
    "~z_dim": "z_dim: expected a value, for every run has one",
    # the wrong type
    "z_dim=abc": "z_dim: expected int, got 'abc'",
    "z_dim=2.5": "z_dim: expected int, got 2.5",
    "seed=abc": "seed: expected a whole number",
    "trainer.epochs=many": "trainer.epochs: expected int or null, got 'many'",
    "trainer.batch_size=null": "trainer.batch_size: expected int, got None",
    "network.hidden=400": "network.hidden: expected a list of int, got 400",
    "network.hidden=[a]": "network.hidden: expected a list of int",
    "optimizer.lr=fast": "optimizer.lr: expected float",
    "optimizer.betas=[0.9]": "optimizer.betas: expected",
    "objective.samples=1.5": "objective.samples: expected int, got 1.5",
    "kl.per_dimension=perhaps": "kl.per_dimension: expected bool or one of auto",
    "decoder.scale=huge": "decoder.scale: expected one of fixed, shared, per_pixel, optimal",
    "data.binarize=sometimes": "data.binarize: expected one of none, static, dynamic",
    "wandb.mode=on": "wandb.mode: expected one of auto, online, offline, disabled",
    "wandb.tags=mine": "wandb.tags: expected a list of str",
    "evaluation.weights=first": "evaluation.weights: expected one of best, last",
    "trainer.log_every=[1]": "trainer.log_every: expected int",
    # out of range
    "z_dim=0 data=mnist data.root=nowhere": "z_dim: expected a positive number, got 0",
    "seed=-1": "seed: expected a whole number from 0.*got -1",
    "seed=3-5": r"seed: expected a whole .*got '3-5'; several are -m seed=range\(3,6\)$",
    "seed=99999999999999999999": "seed: expected a whole number",
    "trainer.epochs=0": "trainer.epochs: expected a positive number, got 0",
    "trainer.epochs=null": "trainer.epochs: expected a number where",
    "trainer.max_steps=-5": "trainer.max_steps: expected a positive number",
    "trainer.batch_size=0": "trainer.batch_size: expected a positive number",
    "trainer.clip_norm=-1": "trainer.clip_norm: expected a positive number",
    "trainer.patience=0": "trainer.patience: expected a positive number",
    "network.hidden=[400,0]": "network.hidden: expected positive widths",
    "network.dropout=1": "network.dropout: expected a number in",
    "network.activation=Rectify": "network.activation: expected an activation of torch.nn",
    "optimizer.lr=-1": r"optimizer\.lr: expected a number from 0, got -1",
    **{
        f"optimizer={option} optimizer.{key}={value}": rf"optimizer\.{key}: expected a finite"
        for option, key, value in [
            *(("adam", "eps", "nan"), ("adam_norm_grad", "lr", "inf"), ("adamw", "lr", "nan")),
            *(("sgd", "lr", "nan"), ("sgd", "momentum", "inf"), ("sgd", "weight_decay", "nan")),
            *(("muon", "lr", "-0.04"), ("muon", "adam_lr", "-1"), ("muon", "weight_decay", "-1")),
        ]
    },
    "optimizer.betas=[0.9,nan]": r"optimizer\.betas: expected a finite number, got nan",
    "optimizer=muon optimizer.momentum=1e30": r"optimizer\.momentum: .*below 1, got 1e\+30",
    "optimizer=muon optimizer.momentum=-1": r"optimizer\.momentum: expected a number from 0, below",
    "objective.samples=0": "objective.samples: expected a positive number",
    "objective.beta=-1": "objective.beta: expected 0 or more",
    "objective.free_bits=-1": "objective.free_bits: expected 0 or more",
    "decoder.scale_value=0": "decoder.scale_value: expected a positive number",
    "decoder.min_scale=1": "decoder.min_scale: expected a number between",
    "prior=mixture prior.components=0 kl=monte_carlo": "prior.components: expected a positive",
    "prior=laplace prior.scale=-1": "prior.scale: expected a positive number",
    "data.test_size=5000": "data.test_size: expected a number from 2 to 1795",
    "data.validation_size=0": "data.validation_size: expected a number from 2",
    "data.seed=-1": "data.seed: expected a whole number from 0, below 2\\^63, got -1",
    "data=ppca data.seed=-1": "data.seed: expected a whole number from 0",
    "data=ppca data.sigma=inf": "data.sigma: expected a positive number, got inf",
    "data=trajectories data.step=1e9": "data.step: expected a pendulum .*length=32 times step=1e",
    "data=trajectories data.length=5000": "data.step: expected a pendulum to be followed for",
    "data=trajectories data.noise=nan": "data.noise: expected 0 or more, got nan",
    "data=counts decoder=poisson data.rate=1e30": "data.rate: expected rates λ up to 16777216",
    "data=counts decoder=poisson data.spread=100": "data.rate: expected rates λ up to 16777216",
    "trainer.batch_size=9999999999999999999999": "trainer.batch_size: expected a number below 2",
    "evaluation.importance_samples=0": "evaluation.importance_samples: expected a positive",
    "network=conv network.channels=[]": "network.channels: expected positive channel counts",
    "scheduler.factor=0": r"scheduler\.factor: expected a number above 0, up to 1, got 0",
    "scheduler.factor=1.5": r"scheduler\.factor: expected a number above 0, up to 1, got 1\.5",
    "scheduler.factor=nan": r"scheduler\.factor: expected a number above 0, up to 1, got nan",
    "scheduler=linear scheduler.start_factor=2": r"scheduler\.start_factor: expected .*, got 2",
    "scheduler=linear scheduler.end_factor=-1": r"scheduler\.end_factor: .* 0 to 1, got -1",
    "data.missing=abc": "data.missing: expected a share of at least 0, below 1, got abc",
    "data.missing=null": "data.missing: expected a share of at least 0, below 1, got None",
    "data.missing=[]": r"data.missing: expected a share of at least 0, below 1, got \[\]",
    "data.missing={a:1}": r"data.missing: expected a share .*, got \{'a': 1\}",
    "data.missing=nan": "data.missing: expected a share of at least 0, below 1, got nan",
    "scheduler=multistep scheduler.gamma=x": "scheduler.gamma: expected float",
    "scheduler=cosine scheduler.T_max=0": "scheduler.T_max: expected a positive number of epochs",
    "scheduler=cosine scheduler.T_max=-1": "scheduler.T_max: expected a positive .*, got -1",
    "scheduler=cosine scheduler.eta_min=-1": "scheduler: expected learning rates of 0 or more",
    "scheduler=linear scheduler.total_iters=0": "scheduler.total_iters: expected a positive number",
    "scheduler=multistep scheduler.milestones=[a]": "scheduler.milestones: expected a .*, got a",
    "scheduler=multistep scheduler.milestones=[0.5]": "scheduler.milestones: .*, got 0.5",
    "scheduler=multistep scheduler.gamma=-1": "scheduler: .*got -1 times optimizer.lr in epoch 31",
    "encoder=low_rank_gaussian encoder.rank=100": "encoder.rank: expected at most z_dim, 20",
    "network=conv network.channels=[8,8,8,8]": "network.channels: expected at most 3, .* 8×8",
    "scheduler=cosine trainer.epochs=null trainer.max_steps=9": "got None, for scheduler.T_max",
    "z_dim=100000000000000": "encoder: RuntimeError",
    "threads=100000": "threads: expected auto or a number from 1 to 1024, got 100000",
    "threads=0": "threads: expected auto or a number from 1 to 1024, got 0",
    # what does not fit together
    "kl=analytic prior=mixture": "kl: expected a pair with a closed form.*use kl=monte_carlo",
    "kl=schulman kl.per_dimension=true prior=mixture": "kl.per_dimension: expected a posterior",
    "decoder=bernoulli data.binarize=none": "decoder: expected data in the support",
    # what is not there
    "device=cuda:99": "device: expected a device of this machine, got cuda:99",
    "device=tpu": "device: expected auto, cpu, cuda, cuda:1 or mps, got 'tpu'",
    "data=mnist data.root=nowhere": "data.root: expected the files of MNIST",
    "hydra.run.dir=/dev/null/runs": "hydra.run.dir: expected a folder to write results to",
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A download fails as it does without a network."""
    import urllib.request

    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


@pytest.mark.bad_input
@pytest.mark.parametrize("command", one_in(3, WRONG))
def test_wrong_command_line_is_refused_in_one_line(cli, command):
    result = cli(*command.split())
    assert result.exit_code == 2
    assert result.err.count("\n") == 1, result.err
    assert re.search(WRONG[command], result.err), result.err
    assert "Traceback" not in result.out + result.err
    assert not (result.folder / "metrics.jsonl").exists()


IN_PYTHON = [
    *("decoderr=bernoulli", "decoder=bernouli", "trainer.epoch=3", "z_dim=[", "decoder=null"),
    *("decoder=bernoulli decoder.scale=fixed", "experiment=nobody", "decoder=gaussian,laplace"),
]


@pytest.mark.parametrize("command", IN_PYTHON)
def test_python_is_refused_in_the_same_line(cli, command):
    told = cli(*command.split()).err
    with pytest.raises(ValueError) as refusal:
        vae_exp.compose(*command.split())
    assert told == f"vae_exp: {refusal.value}\n"


@pytest.mark.parametrize("flag", ["--config-dir {}", "--config-dir={}", "-cd {}"])
def test_an_unknown_key_of_an_option_of_the_users_own_lists_its_keys(cli, tmp_path, flag):
    folder = tmp_path / "my conf" / "decoder"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("_target_: my_package.Mine\ndf: 3.0\ndegree: 2\n")
    flags = [word.format("my conf") for word in flag.split()]
    result = cli(*flags, "decoder=mine", "decoder.dg=5")
    assert result.exit_code == 2
    assert "decoder.dg: expected one of the keys df, degree, got dg\n" in result.err


TORCHRUN = {"LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"WORLD_SIZE": "nonsense"}, "WORLD_SIZE: expected a whole number, .*got 'nonsense'"),
        ({"WORLD_SIZE": "-2"}, "WORLD_SIZE: expected a whole number"),
        ({"WORLD_SIZE": "0"}, "WORLD_SIZE: expected a number of processes, got 0"),
        ({"WORLD_SIZE": "2"}, "WORLD_SIZE: expected RANK, .*found none; unset WORLD_SIZE, or"),
        ({**TORCHRUN, "WORLD_SIZE": "2", "RANK": "x"}, "RANK: expected a whole number"),
        ({**TORCHRUN, "WORLD_SIZE": "2", "RANK": "2"}, "RANK: expected a number below WORLD_SIZE"),
    ],
)
def test_variables_that_torchrun_would_not_set_are_refused(cli, monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = cli("decoder=bernoulli")
    assert result.exit_code == 2
    assert result.err.count("\n") == 1, result.err
    assert re.search(expected, result.err), result.err


def test_what_is_written_to_mean_the_very_characters_means_them(cli):
    refused = cli("wandb.project=a\"b#'\\c").err
    written = refused.partition("are written ")[2].strip()
    (word,) = shlex.split(written)
    result = cli("--cfg", "job", "--package", "wandb", word)
    assert yaml.safe_load(result.out)["project"] == "a\"b#'\\c"


def test_conv_on_vectors_is_refused(cli, tmp_path, monkeypatch):
    (tmp_path / "vectors.py").write_text(
        "import torch\n"
        "from vae_exp.data import Data, SPLITS\n"
        "class Vectors(Data):\n"
        "    def __init__(self):\n"
        "        bits = {s: torch.randint(2, (20, 5), dtype=torch.uint8) for s in SPLITS}\n"
        "        super().__init__(bits, None, 1, 'none', 0)\n"
    )
    (tmp_path / "conf" / "data").mkdir(parents=True)
    (tmp_path / "conf" / "data" / "vectors.yaml").write_text("_target_: vectors.Vectors\n")
    monkeypatch.syspath_prepend(tmp_path)
    result = cli("--config-dir", str(tmp_path / "conf"), "data=vectors", "network=conv")
    assert result.exit_code == 2
    assert "use network=mlp" in result.err


def test_a_failure_while_training_exits_with_1_and_keeps_what_there_is(cli):
    result = cli("optimizer=sgd", "optimizer.lr=1e9", "trainer.epochs=3", "trainer.log_every=1")
    assert result.exit_code == 1
    assert result.err.count("\n") == 1
    assert "optimizer.lr" in result.err
    assert result.summary["status"] == "failed"


def test_full_traceback_on_request(cli, monkeypatch):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.delenv("VAE_EXP_ONE_LINE", raising=False)
    result = cli("z_dim=0")
    assert result.exit_code == 2
    assert "Traceback" in result.err


@pytest.mark.bad_input
def test_a_package_that_is_elsewhere_is_no_wrong_name(cli):
    result = cli("decoder._target_=package_of_mine.Decoder")
    assert (result.exit_code, result.err.count("\n")) == (2, 1)
    assert "no package_of_mine can be imported from here; start where it lies" in result.err
