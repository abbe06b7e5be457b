"""Folders that a stranger made to do harm: nothing runs, nothing outside is read or written, one
line says what is wrong, and it neither takes long nor much memory to find out."""

import base64
import json
import os
import resource
import shutil
import signal
import socket
import threading
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path

import numpy
import pytest
import torch
import yaml
from omegaconf import OmegaConf

import vae_exp
from vae_exp.configuration.build_model import build_parts
from vae_exp.configuration.compose import conf_dir
from vae_exp.configuration.instantiate import instantiate
from vae_exp.configuration.trust import Trust, trust, trusting
from vae_exp.data.observation import Observation
from vae_exp.storage.saved_run import SavedRun

pytestmark = pytest.mark.hostile

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
SECONDS = 30
MEGABYTES = 800  # that a refusal may take, torch's own buffers included
SECRET = "a word that must not be shown"


class Stranger:
    """A run's folder in a stranger's hands, and all that lies around it.

    ``bang`` is what a command in the folder would make, ``outside`` a folder of the user's own.
    """

    def __init__(self, run: Path):
        self.run = run
        self.bang = run.parent / "bang"
        self.outside = run.parent / "outside"
        self.outside.mkdir()
        (self.outside / "secret.yaml").write_text(f"a: [{SECRET}\n")
        (self.outside / "secret.npy").write_bytes(b"")
        self.rows = run.parent / "rows.npy"
        numpy.save(self.rows, numpy.zeros((2, 8, 8)))
        self.config_file = run / ".hydra" / "config.yaml"
        self.best = run / "checkpoints" / "best.pt"

    def change(self, **values) -> None:
        """Set keys and sections, a dictionary without a target within a section."""
        config = yaml.load(self.config_file.read_text(), LOADER)
        text = json.dumps(values).replace("{bang}", str(self.bang))
        for key, value in json.loads(text).items():
            within = isinstance(value, dict) and "_target_" not in value
            old = config.get(key) if within else None
            config[key] = {**old, **value} if isinstance(old, dict) else value
        self.config_file.write_text(yaml.dump(config, Dumper=DUMPER, sort_keys=False))

    def append(self, text: str) -> None:
        with self.config_file.open("a") as file:
            file.write(text)

    def plant(self, section: str, **values) -> None:
        """Put another section in place of one, in YAML, where {bang} is the forbidden file."""
        config = yaml.load(self.config_file.read_text(), LOADER)
        text = yaml.safe_dump(values).replace("{bang}", str(self.bang))
        config[section] = yaml.safe_load(text.replace("{outside}", str(self.outside)))
        self.config_file.write_text(yaml.dump(config, Dumper=DUMPER, sort_keys=False))

    def weights(self, change) -> None:
        """Save the best weights as ``change`` makes them."""
        state = torch.load(self.best, weights_only=True)
        state = change(state) or state
        torch.save(state, self.best)

    def snapshot(self) -> dict[str, bytes]:
        """What lies outside of the run's folder."""
        files = [file for file in self.run.parent.rglob("*") if self.run not in file.parents]
        return {str(file): file.read_bytes() if file.is_file() else b"" for file in files}


@pytest.fixture
def stranger(saved):
    return Stranger(saved)


@pytest.fixture
def bounded():
    """Fails a test that takes too long, a file that never ends included, or too much memory."""

    def too_long(number, frame):
        raise AssertionError(f"took more than {SECONDS} seconds")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    old = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, old)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MEGABYTES, f"took {grown:.0f} MB"


def refused(cli, stranger, *words, module):
    """The one line of a command that refuses, having touched nothing."""
    before = stranger.snapshot()
    result = cli(*words, module=module)
    assert result.exit_code == 2, result.out + result.err
    assert result.err.count("\n") == 1, result.err
    assert "Traceback" not in result.err
    assert SECRET not in result.err + result.out
    assert result.err[:-1].isprintable()
    assert not stranger.bang.exists()
    assert stranger.snapshot() == before
    return result.err


# whatever reads a model back, with a key of the user's own too
COMMANDS = (
    *("evaluate", "evaluate evaluation.probe=false", "sample", "certify", "encode"),
    "score {rows}",
)


@pytest.fixture(params=["load and one", pytest.param("all", marks=pytest.mark.long)])
def commands(request):
    """All of them, or one of them, chosen by the test's name: they load a folder by one function.

    A test that is there once meets all of them.
    """
    parameters = dict(request.node.callspec.params)
    parameters.pop("commands")
    if request.param == "all" or not parameters:
        return COMMANDS
    return (COMMANDS[zlib.crc32(request.node.name.encode()) % len(COMMANDS)],)


def refused_by(commands, cli, stranger):
    """Refused by ``vae_exp.load`` and by these commands."""
    with pytest.raises(ValueError) as error:
        vae_exp.load(stranger.run)
    assert not stranger.bang.exists()
    for command in commands:
        module, *words = command.replace("{rows}", str(stranger.rows)).split()
        refused(cli, stranger, str(stranger.run), *words, module=module)
    return str(error.value)


TOUCH = {"_target_": "os.system", "command": "touch {bang}"}
TARGETS = {
    "a shell": TOUCH,
    "a process": {"_target_": "subprocess.Popen", "args": "touch {bang}", "shell": True},
    "eval": {"_target_": "builtins.eval", "_args_": ["open('{bang}', 'w')"]},
    "torch's own shell": {"_target_": "torch.utils.collect_env.run", "command": "touch {bang}"},
    "torch's loader": {"_target_": "torch.load", "f": "{bang}", "weights_only": False},
    "torch's compiler": {"_target_": "torch.jit.script", "obj": "{bang}"},
    "a hub": {"_target_": "torch.hub.load", "repo_or_dir": "{bang}"},
    "a layer's method": {"_target_": "torch.nn.Module.load_state_dict"},
    "a module of torch.nn": {"_target_": "torch.nn.modules.module.torch.load", "f": "{bang}"},
    "a utility of torch.nn": {"_target_": "torch.nn.utils.skip_init", "module_cls": TOUCH},
    "a lazy layer": {"_target_": "torch.nn.LazyLinear", "out_features": 3},
    "a quantised layer": {"_target_": "torch.ao.nn.quantized.Linear"},
    "data parallel": {"_target_": "torch.nn.DataParallel", "module": TOUCH},
    "upsampling": {"_target_": "torch.nn.Upsample", "scale_factor": 10**9},
    "a layer on a device": {
        "_target_": "torch.nn.Linear",
        "in_features": 10**7,
        "out_features": 10**7,
        "device": "cpu",
    },
    "the same by position": {"_target_": "torch.nn.Linear", "_args_": [10**7, 10**7, True, "cpu"]},
    "a function for a schedule": {
        "_target_": "torch.optim.lr_scheduler.LambdaLR",
        "lr_lambda": TOUCH,
    },
    "a base class": {"_target_": "torch.optim.Optimizer"},
    "our own reader of images": {
        "_target_": "vae_exp.data.torchvision_images.read",
        "dataset": "MNIST",
        "folder": "{bang}",
        "place": "",
    },
    "our own program": {"_target_": "vae_exp.run.main"},
    "our own way to build": {
        "_target_": "vae_exp.configuration.instantiate.instantiate",
        "_recursive_": False,
        "config": TOUCH,
    },
    "a module behind ours": {"_target_": "vae_exp.tracking.os.system", "command": "touch {bang}"},
    "a class of ours that is no option": {"_target_": "vae_exp.storage.run_folder.RunFolder"},
    "a look-alike": {"_target_": "vae_exp_evil.Analytic"},
    "a Cyrillic letter": {"_target_": "vae_exp.kl.\u0430nalytic.Analytic"},
    "a leading dot": {"_target_": ".os.system", "command": "touch {bang}"},
    "no name": {"_target_": ""},
    "nothing for a name": {"_target_": None},
    "a number for a name": {"_target_": 5},
    "a list for a name": {"_target_": ["os.system"]},
    "a section for a name": {"_target_": TOUCH},
    "in an argument": {"_target_": "vae_exp.kl.analytic.Analytic", "per_dimension": TOUCH},
    "in a list of lists": {
        "_target_": "vae_exp.kl.analytic.Analytic",
        "per_dimension": [[[TOUCH]]],
    },
    "among the arguments by position": {
        "_target_": "vae_exp.kl.analytic.Analytic",
        "_args_": [TOUCH],
    },
    "to be called later": {**TOUCH, "_partial_": True},
    "below what is not built": {
        "_target_": "vae_exp.kl.analytic.Analytic",
        "_recursive_": False,
        "per_dimension": TOUCH,
    },
    "beside a conversion": {**TOUCH, "_convert_": "object"},
    "escapes in a name": {"_target_": "\x1b]0;owned\x07\x1b[2Jos.system"},
    "markup in a name": {"_target_": "[bold]os.system[/bold]<script>alert(1)</script>"},
}


@pytest.mark.parametrize("hostile", TARGETS.values(), ids=TARGETS)
def test_a_target_is_not_called(cli, stranger, bounded, commands, hostile):
    stranger.plant("kl", **hostile)
    assert "expected" in refused_by(commands, cli, stranger)
    if hostile.get("_target_") == "torch.nn.Linear":
        return  # a layer has its place in networks, and is refused for what it asks for
    stranger.plant("elsewhere", **hostile)  # where nothing would build it
    stranger.plant("kl", _target_="vae_exp.kl.analytic.Analytic", per_dimension="auto")
    assert refused_by(commands, cli, stranger).startswith("elsewhere.")


DOUBLE = {
    "evil": {"k0": "torch.nn.Identity", "k1": "torch.utils.collect_env.run"},
    "encoder": {
        "_target_": "torch.nn.Identity",
        "sel": "k${oc.select:.x_shape.0,0}",
        "payload": {"_target_": "${evil.${..sel}}", "command": "touch {bang}"},
    },
}
REFERENCES = {
    "a folder to make for a section": {"data": "${new_folder:{bang}}"},
    "one thing now and another later": DOUBLE,
    "a name by reference": {"evil": "os.system", "kl": {**TOUCH, "_target_": "${evil}"}},
    "a section by reference": {"evil": TOUCH, "kl": "${evil}"},
    "a part of a name": {"evil": "system", "kl": {**TOUCH, "_target_": "os.${evil}"}},
    "the environment": {"z_dim": "${oc.env:TOKEN}"},
    "the environment, with a default": {"seed": "${oc.env:NOTHING,0}"},
    "the environment in a text": {"data": {"root": "a/${oc.env:TOKEN}"}},
    "Hydra's own configuration": {"seed": "${hydra:runtime.cwd}"},
    "a folder to make": {"evil": "${new_folder:{bang}}"},
    "a clock": {"seed": "${now:%S}"},
    "a number of jobs": {"seed": "${jobs_at_once:}"},
    "decoding": {"seed": "${oc.decode:'0'}"},
    "making": {"evil": "${oc.create:{a: 1}}"},
    "keys": {"evil": "${oc.dict.keys:kl}"},
    "deprecation": {"seed": "${oc.deprecated:z_dim}"},
    "a reference in a reference": {"evil": "seed", "seed": "${${evil}}"},
    "a reference in a default": {"seed": "${oc.select:nowhere,${oc.env:TOKEN}}"},
    "an escaped one": {"evil": "\\${z_dim}"},
    "one that does not end": {"evil": "${z_dim"},
    "itself": {"seed": "${seed}"},
    "each other": {"evil": "${seed}", "seed": "${evil}"},
    "what it is in": {"kl": {"_target_": "vae_exp.kl.analytic.Analytic", "per_dimension": "${kl}"}},
    "copies of copies": {f"k{n}": {"a": f"${{k{n + 1}}}", "b": f"${{k{n + 1}}}"} for n in range(40)}
    | {"k40": 1},
    "texts of texts": {f"k{n}": f"${{k{n + 1}}}${{k{n + 1}}}" for n in range(60)}
    | {"k60": "a" * 1000},
    "a long way": {f"k{n}": f"${{k{n + 1}}}" for n in range(2000)} | {"k2000": 1},
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_reaches_nothing_and_ends(cli, stranger, bounded, commands, name, monkeypatch):
    monkeypatch.setenv("TOKEN", SECRET)
    stranger.change(**REFERENCES[name])
    refused_by(commands, cli, stranger)


NESTED = 20_000
# a text, which OmegaConf would read once more: aliases of aliases then, and not before
TWICE = json.dumps(
    "a: &a [x, x]\n"
    + "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi"))
)
YAML = {
    "aliases": "\na: &a [x, x]\n"
    + "\n".join(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq")),
    "one alias": "\nevil: &a 1\nagain: *a\n",
    "merged sections": "\nevil: &a {a: 1}\nagain: {<<: *a}\n",
    "Python": "\nx: !!python/object/apply:os.system ['touch {bang}']\n",
    "a path of Python": "\nx: !!python/object/apply:pathlib.PosixPath [a]\n",
    "bytes": "\nx: !!binary aGVsbG8=\n",
    "a set": "\nx: !!set {a, b}\n",
    "brackets": "\nx: " + "[" * NESTED + "]" * NESTED,
    "braces": "\nx: " + "{a: " * 200 + "1" + "}" * 200,
    "a long number": "\nx: " + "9" * 100_000,
    "sixty by sixty": "\nx: 1" + ":1" * 50_000,
    "a long text": "\nx: " + "a" * 200_000,
    "a large file": "\nx: [" + "1, " * 200_000 + "1]",
    "a key twice": "\nseed: 1\nseed: 2\n",
    "nothing for a key": "\nnull: 1\n? [a, b]\n: 2\n",
    "two documents": "\n---\na: 1\n",
    "no text": "\nx: \0\n",
    "a tab": "\n\tx: 1\n",
    "many braces to read": "\nx: '" + "${" * 3000 + "'\n",
}


@pytest.mark.parametrize("name", YAML)
def test_yaml_is_read_as_plain_values_within_bounds(cli, stranger, bounded, commands, name):
    stranger.append(YAML[name].replace("{bang}", str(stranger.bang)))
    assert "expected YAML" in refused_by(commands, cli, stranger)


def test_yaml_in_yaml_is_not_read(cli, stranger, bounded, commands):
    stranger.config_file.write_text(TWICE)
    assert "expected YAML" in refused_by(commands, cli, stranger)


def test_what_is_no_text_is_refused(cli, stranger, bounded, commands):
    stranger.config_file.write_bytes(b"\xff\xfe\x00" * 100)
    assert "expected YAML" in refused_by(commands, cli, stranger)


def pipe(file):
    file.unlink()
    os.mkfifo(file)


def link(file, target):
    file.unlink()
    file.symlink_to(target)


def bind(file):
    file.unlink()
    here = os.getcwd()
    os.chdir(file.parent)  # a socket's name is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(file.name)
    finally:
        os.chdir(here)


FILES = {
    "the configuration is a pipe": lambda s: pipe(s.config_file),
    "the configuration is a socket": lambda s: bind(s.config_file),
    "the configuration is elsewhere": lambda s: link(
        s.config_file, s.run.parent / "outside" / "secret.yaml"
    ),
    "the configuration is endless": lambda s: link(s.config_file, "/dev/zero"),
    "the configuration is itself": lambda s: link(s.config_file, s.config_file),
    "the configuration's folder is elsewhere": lambda s: (
        shutil.move(s.run / ".hydra", s.outside / "hydra"),
        (s.run / ".hydra").symlink_to(s.outside / "hydra"),
    ),
    "the checkpoint is a pipe": lambda s: pipe(s.best),
    "the checkpoint is elsewhere": lambda s: (
        shutil.move(s.best, s.outside / "best.pt"),
        s.best.symlink_to(s.outside / "best.pt"),
    ),
    "the checkpoint is endless": lambda s: link(s.best, "/dev/zero"),
    "the checkpoint is a folder": lambda s: (s.best.unlink(), s.best.mkdir()),
    "the checkpoint has a hole of a terabyte": lambda s: os.truncate(s.best, 2**40),
}


@pytest.mark.parametrize("name", FILES)
def test_only_files_of_the_folder_are_read(cli, stranger, bounded, commands, name):
    FILES[name](stranger)
    refused_by(commands, cli, stranger)


def repack(file, compression, repeat=1):
    """The archive again, otherwise packed, each part so many times over."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content * repeat)


def overlap(file):
    """A directory of parts in which each is said to be as long as the whole file."""
    content = bytearray(file.read_bytes())
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + 20 : place + 28] = (len(content) * 100).to_bytes(4, "little") * 2
        place = content.find(b"PK\x01\x02", place + 1)
    file.write_bytes(content)


def bomb(file):
    repack(file, zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("best/data/999", bytes(200 * 2**20))


def one_number_for_all(state):
    """Weights a terabyte large, of one number."""
    return {
        **state,
        "vae": OrderedDict((name, torch.zeros(()).expand(10**6, 10**6)) for name in state["vae"]),
    }


def sparse(state):
    empty = torch.zeros(2, 0, dtype=torch.long), torch.zeros(0)
    large = torch.sparse_coo_tensor(*empty, (10**6, 10**6), check_invariants=False)
    return {**state, "vae": {**state["vae"], "encoder.network.layers.0.weight": large}}


def as_pickle(file, content):
    """The archive with another pickle in it."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, content if name.endswith("data.pkl") else part)


def shared(levels):
    """A pickle of a tuple of twice a tuple of twice ..., in a few bytes."""
    twice = b"".join(b"q%ch%c\x86" % (level, level) for level in range(levels))
    return b"\x80\x02)" + twice


def hide_values(state):
    """Items that values() does not have: torch's reader sets attributes as a file wants."""
    hidden = OrderedDict(one_number_for_all(state)["vae"])
    hidden.__dict__["values"] = None
    return {**state, "vae": hidden}


def legacy(file):
    """torch's older format, with a small archive behind it, which is all that zipfile sees."""
    state = torch.load(file, weights_only=True)
    torch.save(state, file, _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", b"b")


CHECKPOINTS = {
    "items that are hidden": lambda s: s.weights(hide_values),
    "an older format with a decoy": lambda s: legacy(s.best),
    "a tuple of 2^60 for a datum": lambda s: as_pickle(
        s.best, b"\x80\x02}(X\x03\x00\x00\x00vae}X\x07\x00\x00\x00x_shape" + shared(60)[2:] + b"u."
    ),
    "a tuple of 2^60 for a key": lambda s: as_pickle(
        s.best, b"\x80\x02}" + shared(60)[2:] + b"Ns."
    ),
    "a million levels": lambda s: as_pickle(s.best, b"\x80\x02}" + b")" + b"\x85" * 10**6 + b"Ns."),
    "four billion bytes": lambda s: as_pickle(
        s.best,
        b"\x80\x02}X\x03\x00\x00\x00vaec__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85Rs.",
    ),
    "no pickle": lambda s: as_pickle(s.best, b"a letter"),
    "a zip bomb": lambda s: bomb(s.best),
    "packed parts": lambda s: repack(s.best, zipfile.ZIP_DEFLATED),
    "parts over each other": lambda s: overlap(s.best),
    "weights that are larger than the file": lambda s: s.weights(one_number_for_all),
    "sparse weights": lambda s: s.weights(sparse),
    "weights that are none": lambda s: s.weights(lambda state: {**state, "vae": {"a": "b"}}),
    "a list of weights": lambda s: s.weights(lambda state: {**state, "vae": [1, 2]}),
    "one weight more": lambda s: s.weights(lambda state: state["vae"].update(evil=torch.zeros(3))),
    "no weights": lambda s: s.weights(lambda state: {**state, "vae": {}}),
    "a datum of a terabyte": lambda s: s.weights(
        lambda state: state.update(x_shape=(10**6, 10**6))
    ),
    "a datum of no size": lambda s: s.weights(lambda state: state.update(x_shape=(1, 0, 8))),
    "a datum of less than none": lambda s: s.weights(
        lambda state: state.update(x_shape=(-1, -8, 8))
    ),
    "a datum of words": lambda s: s.weights(lambda state: state.update(x_shape=("a", "b"))),
    "a datum of infinity": lambda s: s.weights(lambda state: state.update(x_shape=[float("inf")])),
    "no datum": lambda s: s.weights(lambda state: {"vae": state["vae"]}),
    "a class": lambda s: torch.save({"vae": Stranger, "x_shape": (1,)}, s.best),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_is_whole_and_no_larger_than_it_is(cli, stranger, bounded, commands, name):
    CHECKPOINTS[name](stranger)
    refused_by(commands, cli, stranger)


def option(name):
    return yaml.safe_load(Path(conf_dir(), f"{name}.yaml").read_text())


PPCA, PENDULUM, COUNTS = (option(f"data/{name}") for name in ("ppca", "trajectories", "counts"))
HUGE = 10**9
FLOW = {
    "_target_": "vae_exp.encoder.flow.Flow",
    "kind": "maf",
    "transforms": 2,
    "hidden": [64],
    "context": 32,
}
SIZES = {
    "many latents of a flow": {
        "z_dim": 10**6,
        "encoder": {**FLOW, "z_dim": "${z_dim}", "network": "${network}"},
    },
    "many transforms of a flow": {
        "encoder": {**FLOW, "z_dim": "${z_dim}", "network": "${network}", "transforms": HUGE},
    },
    "wide layers": {"network": {"hidden": [HUGE, HUGE]}},
    "many layers": {"network": {"hidden": [1] * 50_000}},
    "many latents": {"z_dim": HUGE},
    "more latents than there are numbers": {"z_dim": 10**30},
    "many components": {"prior": {"_target_": "vae_exp.prior.mixture.Mixture", "components": HUGE}},
    "many recurrent layers": {
        "network": {
            "_target_": "vae_exp.network.gru.GRU",
            "_partial_": True,
            "width": 1,
            "layers": HUGE,
            "bidirectional": False,
        }
    },
    "a huge layer of torch": {
        "kl": {"_target_": "torch.nn.Linear", "in_features": HUGE, "out_features": HUGE}
    },
    "less than no layers": {"network": {"hidden": [-1]}},
    "infinity": {"z_dim": float("inf")},
    "no number": {"z_dim": float("nan")},
    "a word": {"z_dim": "many"},
}


@pytest.mark.parametrize("name", SIZES)
def test_a_size_is_seen_before_there_is_memory_for_it(cli, stranger, bounded, commands, name):
    stranger.change(**SIZES[name])
    refused_by(commands, cli, stranger)


def with_weights(stranger, x_shape, **values):
    """A configuration for data of this shape, and the weights that it asks for."""
    stranger.change(**values)
    config = SavedRun(stranger.run).trusted(SavedRun(stranger.run).config, Trust(), ())
    with torch.device("meta"), trusting(Trust()):
        parts = build_parts(config, Observation(x_shape), torch.device("meta"))
    weights = {
        f"{name}.{key}": torch.zeros(weight.shape, dtype=weight.dtype)
        for name, part in parts.items()
        for key, weight in part.state_dict().items()
    }
    torch.save({"vae": weights, "x_shape": x_shape}, stranger.best)


CONV = {
    "_target_": "vae_exp.network.conv.Conv",
    "_partial_": True,
    "activation": "ReLU",
    "normalization": None,
    "init": "default",
}
HALVINGS = [1] * 12  # of 8192 pixels a side, behind the first one
NEEDS = {"hundreds of gigabytes": 2**12, "terabytes": 2**15}


@pytest.mark.parametrize("name", NEEDS)
def test_what_a_network_needs_in_between_is_seen_before_it_runs(
    cli, stranger, bounded, commands, name
):
    network = {**CONV, "channels": [NEEDS[name], *HALVINGS]}
    with_weights(stranger, (1, 2**13, 2**13), network=network)
    assert stranger.best.stat().st_size < 8 * 2**20
    assert "network: expected one whose layers need at most" in refused_by(commands, cli, stranger)


def test_an_evaluation_s_networks_do_not_need_more_than_there_is(cli, stranger, bounded):
    network = {**CONV, "channels": [2**11]}
    with_weights(stranger, (1, 8, 8), network=network, evaluation={"max_elements": 10**9})
    for module, *words in (
        ("evaluate",),
        ("score", str(stranger.rows)),
        ("encode",),
        ("reconstruct",),
    ):
        err = refused(cli, stranger, str(stranger.run), *words, module=module)
        assert "at once (evaluation.max_elements and trainer.batch_size say so)" in err
    err = refused(cli, stranger, str(stranger.run), "--count", "1000000", module="sample")
    assert "--count: expected at most" in err


IMAGES = {"validation_size": 100, "levels": 255, "binarize": "auto", "dequantize": False, "seed": 0}
FOLDER = {
    "_target_": "vae_exp.data.folder.Folder",
    "size": 8,
    "fit": "crop",
    "channels": "grey",
    "test_size": 100,
    **IMAGES,
}
DATA = {
    "images to download": {
        "_target_": "vae_exp.data.mnist.MNIST",
        "root": "{outside}/made",
        **IMAGES,
    },
    "images in a folder of the user's": {
        "_target_": "vae_exp.data.mnist.MNIST",
        "root": "{outside}",
        **IMAGES,
    },
    "images in the stranger's own": {"_target_": "vae_exp.data.mnist.MNIST", "root": ".", **IMAGES},
    "letters": {
        "_target_": "vae_exp.data.emnist.EMNIST",
        "root": "{outside}/made",
        "split": "letters",
        **IMAGES,
    },
    "characters": {
        "_target_": "vae_exp.data.omniglot.Omniglot",
        "root": "{outside}/made",
        "test_size": 100,
        **IMAGES,
    },
    "images of a folder": {**FOLDER, "path": "{outside}", "cache": "~/.cache/vae_exp"},
    "images of its own to be kept elsewhere": {**FOLDER, "path": None, "cache": "{outside}/made"},
    "faces to be decoded where they usually are": {
        "_target_": "vae_exp.data.celeba.CelebA",
        "root": "~/.cache/vae_exp",
        "cache": "~/.cache/vae_exp",
        "size": 1024,
        "crop": 140,
        "attribute": "Male",
        **{key: value for key, value in IMAGES.items() if key != "validation_size"},
    },
    "a file": {"path": "{outside}/secret.npy"},
    "an endless file": {"path": "/dev/zero"},
    "another test file": {"path": None, "test_path": "{outside}/secret.npy"},
}


@pytest.mark.parametrize("name", DATA)
def test_data_are_read_where_the_user_said(cli, stranger, bounded, name):
    section = DATA[name]
    if "_target_" not in section:
        section = {**option("data/array"), **section}
    stranger.plant("data", **section)
    err = refused(cli, stranger, str(stranger.run), module="evaluate")
    assert "expected a file or folder that you have named" in err
    vae_exp.load(stranger.run)  # which needs no data
    # somewhere else than where data are made
    stranger.plant("kl", _target_="vae_exp.kl.analytic.Analytic", per_dimension=section)
    with pytest.raises(ValueError, match=r"kl\.per_dimension\._target_: expected a class"):
        vae_exp.load(stranger.run)


DEMANDS = {
    "elements": {"evaluation": {"max_elements": 10**15}},
    "samples": {"objective": {"samples": 10**12}},
    "a batch": {"trainer": {"batch_size": 10**15}},
    "threads": {"threads": 10**6},
    "data": {"data": {**PPCA, "size": 10**12}},
    "dimensions": {"data": {**PPCA, "dimensions": 10**12}},
    "steps": {"data": {**PENDULUM, "length": 10**12}},
    "time": {"data": {**PENDULUM, "step": 1e9}},
    "components": {"data": {**COUNTS, "components": 10**12}},
    "a seed": {"seed": 10**40},
    "a seed of data": {"data": {"seed": 10**40}},
    "held out": {"data": {"validation_size": 10**40}},
}


@pytest.mark.parametrize("name", DEMANDS)
def test_an_evaluation_does_not_ask_for_more_than_there_is(cli, stranger, bounded, name):
    stranger.change(**DEMANDS[name])
    refused(cli, stranger, str(stranger.run), module="evaluate")


def test_data_are_read_where_the_user_says(cli, stranger):
    section = option("data/array")
    file = stranger.outside / "mine.npy"
    numpy.save(file, numpy.random.default_rng(0).integers(0, 2, (100, 1, 8, 8)).astype("uint8"))
    stranger.plant("data", **{**section, "path": str(file), "kind": "bits", "levels": 1})
    words = [str(stranger.run), "evaluation.importance_samples=2", "evaluation.probe=false"]
    err = refused(cli, stranger, *words, module="evaluate")
    assert f"add data.path={file}" in err
    result = cli(*words, f"data.path={file}", module="evaluate")
    assert result.exit_code == 0, result.err


WORDS = {
    "a flag": "--config-dir=evil",
    "several jobs": "-m",
    "no word": 5,
    "a list": ["decoder=gaussian"],
    "a section": {"decoder": "gaussian"},
    "a callback": "hydra.callbacks.x._target_=os.system",
    "another callback": "+hydra.callbacks.x={_target_: os.system, command: 'touch {bang}'}",
    "the environment of jobs": "+hydra.job.env_set.PYTHONPATH=evil",
    "the environment for jobs": "hydra.job.env_copy=[TOKEN]",
    "a folder to work in": "hydra.job.chdir=true",
    "a folder to write to": "hydra.run.dir={bang}",
    "a search path": "hydra.searchpath=[file:///tmp/evil]",
    "a log": "hydra.job_logging.handlers.file.filename={bang}",
    "an option elsewhere": "decoder=../../../evil",
    "an option from the root": "decoder=/tmp/evil",
    "an option by reference": "decoder=${oc.env:TOKEN}",
    "one of several options elsewhere": "experiment=sweep/../../evil",
    "a launcher elsewhere": "hydra/launcher=../../evil",
    "a group of Hydra's": "hydra/job_logging=disabled",
    "a class": "decoder._target_=os.system",
    "a class with its section": "+decoder={_target_: os.system, command: 'touch {bang}'}",
    "a class deep in one": "+decoder.network.a.b={c: [{_target_: os.system}]}",
    "a class by reference": "decoder._target_=${evil}",
    "arguments by position": "+decoder._args_=[1]",
    "a key of no group": "+evil={_target_: torch.nn.Identity}",
    "a group of no program": "+evil/group=option",
    "a package": "decoder@evil=gaussian",
    "the environment": "wandb.notes=${oc.env:TOKEN}",
    "a folder made by name": "wandb.notes=${new_folder:{bang}}",
    "a reference in a reference": "wandb.notes=${${evil}}",
    "half of a reference": "wandb.notes='$'",
    "the other half": "data.root='${wandb.notes}{new_folder:{bang}}'",
    "another mode": "hydra.mode=MULTIRUN",
    "a sweep's folder": "hydra.sweep.subdir=../../outside/x",
    "W&B's files": "wandb.dir={bang}",
    "a launcher that keeps pickles": "hydra/launcher=submitit_local",
    "a value for each of many": "+decoder.x=[choice({_target_: os.system})]",
    "a long word": "wandb.notes=" + "a" * 9_900,
    "no sense": "=;)",
}
A_SWEEP_S_OWN = "another mode"
GIVEN_ANYWAY = "a folder to write to"  # by the resumed run's own command


@pytest.mark.parametrize("name", [name for name in WORDS if name != GIVEN_ANYWAY])
def test_a_resumed_run_chooses_and_sets_and_does_no_more(cli, stranger, bounded, name):
    word = WORDS[name]
    word = word.replace("{bang}", str(stranger.bang)) if isinstance(word, str) else word
    file = stranger.run / ".hydra" / "overrides.yaml"
    file.write_text(yaml.safe_dump([word, *yaml.safe_load(file.read_text())]))
    before = {f: f.read_bytes() for f in stranger.run.rglob("*") if f.is_file()}
    err = refused(cli, stranger, f"resume={stranger.run}", module="run")
    assert "resume: expected key=value" in err or "overrides.yaml: expected a list of words" in err
    assert {f: f.read_bytes() for f in stranger.run.rglob("*") if f.is_file()} == before


OF_SWEEPS = {
    "a command before the job": "hydra.launcher.setup=['touch {bang}']",
    "another Python": "hydra.launcher.python={bang}",
    "more for Slurm": "+hydra.launcher.additional_parameters={a: b}",
    "a line more for Slurm": "hydra.launcher.partition='a\\n#SBATCH --wrap=evil'",
    "another cluster": "hydra.launcher.ray.init.address=evil:6379",
    "an environment for Ray": "+hydra.launcher.ray.init.runtime_env={pip: [evil]}",
    "parameters": "hydra.sweeper.params={decoder: gaussian}",
    "many launched at once": "hydra.launcher.n_jobs=1000000",
    "an interval": "optimizer.lr=interval(0,1)",
    "a million million jobs": "seed=range(0,1000000000000)",
    "steps that lead nowhere": "seed=range(0,10,0)",
    "a class among many": "decoder._target_=torch.nn.Identity,os.system",
}


@pytest.mark.parametrize("name", [n for n in (*WORDS, *OF_SWEEPS) if n != A_SWEEP_S_OWN])
def test_a_resumed_sweep_chooses_and_sets_and_does_no_more(cli, stranger, bounded, name):
    word = {**WORDS, **OF_SWEEPS}[name]
    word = word.replace("{bang}", str(stranger.bang)) if isinstance(word, str) else word
    sweep = {"hydra": {"sweeper": {}}}
    command = ("-m", f"sweep.resume={stranger.run}")
    for words in ({"task": ["seed=0,1", word], "hydra": []}, {"task": [], "hydra": [word]}):
        sweep["hydra"]["overrides"] = words
        (stranger.run / "multirun.yaml").write_text(yaml.safe_dump(sweep))
        err = refused(cli, stranger, *command, module="run")
        assert "resume: expected key=value" in err or "expected a list of words" in err


MULTIRUNS = {
    "a folder to make": {"hydra": "${new_folder:made}"},
    "a folder to make among the words": {
        "hydra": {"overrides": {"task": "${new_folder:made}", "hydra": []}}
    },
    "a list": [1, 2],
    "nothing": None,
    "a word": "hydra",
    "no overrides": {"hydra": {}},
    "overrides of another kind": {"hydra": {"overrides": 5}},
    "one override for all": {"hydra": {"overrides": {"task": "seed=0,1", "hydra": []}}},
}


@pytest.mark.parametrize("name", MULTIRUNS)
def test_a_sweep_without_a_command_is_none(cli, stranger, bounded, name):
    (stranger.run / "multirun.yaml").write_text(yaml.safe_dump(MULTIRUNS[name]))
    err = refused(cli, stranger, "-m", f"sweep.resume={stranger.run}", module="run")
    assert "multirun.yaml: expected" in err


LINKS = {
    "metrics": "metrics.jsonl",
    "a summary": "summary.json",
    "a lock": ".lock",
    "a log": "run.log",
    "a checkpoint": "checkpoints/last.pt",
    "pictures": "plots",
    "checkpoints": "checkpoints",
}


@pytest.mark.parametrize("name", LINKS)
def test_a_resumed_run_writes_nothing_elsewhere(cli, stranger, bounded, name):
    file, target = stranger.run / LINKS[name], stranger.outside / "mine"
    if file.is_dir():
        shutil.move(file, target)
    else:
        file.unlink(missing_ok=True)
        target.write_text("of the user's own")
    file.symlink_to(target)
    err = refused(cli, stranger, f"resume={stranger.run}", "trainer.epochs=3", module="run")
    assert "expected a file in the run's own folder, got a link" in err


def test_many_ranges_are_too_many_jobs(cli, stranger, bounded):
    words = ["seed=range(0,999)", "z_dim=range(1,999)"]
    sweep = {"hydra": {"overrides": {"task": words, "hydra": []}, "sweeper": {}}}
    (stranger.run / "multirun.yaml").write_text(yaml.safe_dump(sweep))
    err = refused(cli, stranger, "-m", f"sweep.resume={stranger.run}", module="run")
    assert "a sweep has at most 10000 jobs" in err


def test_a_folder_that_a_command_was_given_in_is_no_reference(cli, stranger, bounded):
    """Relative paths are taken from there, once the words have been looked at."""
    hydra = {"overrides": {"task": ["seed=0,1", "data=mnist", "data.root=x"], "hydra": []}}
    hydra["runtime"] = {"cwd": f"/tmp/${{new_folder:{stranger.bang}}}"}
    (stranger.run / "multirun.yaml").write_text(yaml.safe_dump({"hydra": hydra}))
    err = refused(cli, stranger, "-m", f"sweep.resume={stranger.run}", module="run")
    assert "data.root: expected a path without $" in err


def test_a_file_that_waits_for_a_name_leads_nowhere(cli, stranger, bounded):
    """Names of files under way were foreseeable once: a link there was written through."""
    victim = stranger.outside / "mine"
    victim.write_text("of the user's own")
    (stranger.run / "samples").mkdir()
    for number in range(os.getpid(), os.getpid() + 3):
        (stranger.run / f".summary.json.{number}.tmp").symlink_to(victim)
        (stranger.run / "samples" / f".samples.npz.{number}.tmp").symlink_to(victim)
    words = [str(stranger.run), "evaluation.importance_samples=2", "evaluation.probe=false"]
    assert cli(*words, module="evaluate").exit_code == 0
    assert cli(str(stranger.run), "--count", "2", module="sample").exit_code == 0
    assert victim.read_text() == "of the user's own"


def test_only_the_keys_of_files_name_files(cli, stranger, bounded):
    stranger.plant("data", _target_="vae_exp.data.mnist.MNIST", root="cpu", **IMAGES)
    err = refused(cli, stranger, str(stranger.run), "device=cpu", module="evaluate")
    assert "data.root: expected a file or folder that you have named, got cpu" in err


OUT_OF_PLACE = {
    "a layer for an optimizer": "optimizer",
    "a layer for the training": "trainer",
    "a layer for the evaluation": "evaluation",
    "a layer for data": "data",
}


@pytest.mark.parametrize("name", OUT_OF_PLACE)
def test_a_layer_is_a_part_of_the_model_alone(cli, stranger, bounded, name):
    large = {"_target_": "torch.nn.Linear", "in_features": 30_000, "out_features": 30_000}
    stranger.plant(OUT_OF_PLACE[name], **large)
    err = refused(cli, stranger, str(stranger.run), module="evaluate")
    assert "in its own section" in err


def test_what_a_finished_run_says_does_not_steer_the_terminal(cli, stranger, bounded):
    summary = SavedRun(stranger.run).summary
    summary |= {"selected/by": "\x1b]0;owned\x07[bold]", "test/active_units": "\x1b[2J"}
    (stranger.run / "summary.json").write_text(json.dumps(summary))
    result = cli(f"resume={stranger.run}")
    assert result.exit_code == 0
    assert "\x1b" not in result.out + result.err and "\x07" not in result.out + result.err
    assert "[bold]" in result.out


def test_a_pipe_for_a_summary_does_not_stop_a_resumed_run(cli, stranger, bounded):
    pipe(stranger.run / "summary.json")
    words = ["decoder=bernoulli", "resume=auto", f"hydra.run.dir={stranger.run}"]
    refused(cli, stranger, *words, module="run")


def test_samples_are_not_written_elsewhere(cli, stranger, bounded):
    (stranger.run / "samples").symlink_to(stranger.outside)
    err = refused(cli, stranger, str(stranger.run), module="sample")
    assert "expected a file in the run's own folder, got a link" in err


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *(("score", "scores.csv"), ("encode", "latents.npz"), ("impute", "imputed.npz")),
        *(("reconstruct", "reconstructions.npz"), ("reconstruct", "reconstructions.png")),
    ],
)
def test_scores_and_latents_are_not_written_elsewhere(cli, stranger, bounded, module, name):
    (stranger.outside / "mine").write_text("of the user's own")
    (stranger.run / name).symlink_to(stranger.outside / "mine")
    (stranger.run / "folder").symlink_to(stranger.outside)
    own, out = str(stranger.run), name.replace(".png", ".npz")  # which the picture stands beside
    for words in ([own], [own, "--out", str(stranger.run / "folder" / out)]):
        err = refused(cli, stranger, *words, module=module)
        assert "expected a file in the run's own folder, got a link" in err
    # a link of the user's own is replaced, not followed
    (stranger.run.parent / name).symlink_to(stranger.outside / "mine")
    rows = numpy.load(stranger.rows)
    rows[0, 0, 0] = numpy.nan  # which impute is for
    numpy.save(stranger.rows, rows)
    words = [own, str(stranger.rows), "--out", str(stranger.run.parent / out)]
    assert cli(*words, module=module).exit_code == 0
    assert (stranger.outside / "mine").read_text() == "of the user's own"


def test_numbers_are_written_beside_what_a_link_leads_to(cli, stranger, bounded):
    (stranger.outside / "mine.json").write_text("{}")
    link(stranger.run / "summary.json", stranger.outside / "mine.json")
    refused(cli, stranger, str(stranger.run), module="evaluate")


COMPARED = {
    "metrics are a pipe": lambda s: pipe(s.run / "metrics.jsonl"),
    "metrics are endless": lambda s: link(s.run / "metrics.jsonl", "/dev/zero"),
    "metrics are elsewhere": lambda s: link(s.run / "metrics.jsonl", s.outside / "secret.yaml"),
    "metrics are huge": lambda s: os.truncate(s.run / "metrics.jsonl", 2**40),
    "metrics are many": lambda s: (s.run / "metrics.jsonl").write_text("{}\n" * 600_000),
    "a picture is huge": lambda s: os.truncate(next((s.run / "plots").glob("*.png")), 5 * 2**30),
    "values are many": lambda s: s.append("\nx: [" + "{}, " * 20_000 + "1]"),
    "metrics are deep": lambda s: (s.run / "metrics.jsonl").write_text("[" * 10**5 + "\n1\n"),
    "the summary is a pipe": lambda s: pipe(s.run / "summary.json"),
    "the summary is huge": lambda s: os.truncate(s.run / "summary.json", 2**40),
    "the summary is deep": lambda s: (s.run / "summary.json").write_text("[" * 10**5),
    "the summary is a list": lambda s: (s.run / "summary.json").write_text("[1]"),
    "the summary has a number of many digits": lambda s: (s.run / "summary.json").write_text(
        '{"test/elbo": ' + "9" * 10**6 + "}"
    ),
    "the configuration is a pipe": lambda s: pipe(s.config_file),
    "the configuration multiplies": lambda s: s.append(YAML["aliases"]),
    "Hydra's part is a pipe": lambda s: pipe(s.run / ".hydra" / "hydra.yaml"),
    "Hydra's part is elsewhere": lambda s: link(
        s.run / ".hydra" / "hydra.yaml", s.outside / "secret.yaml"
    ),
    "Hydra's part makes a folder": lambda s: (s.run / ".hydra" / "hydra.yaml").write_text(
        f"hydra: '${{new_folder:{s.bang}}}'\n"
    ),
    "Hydra's part reaches out": lambda s: (s.run / ".hydra" / "hydra.yaml").write_text(
        "hydra: {runtime: {choices: {decoder: '${oc.env:TOKEN}'}}}\n"
    ),
}


@pytest.mark.parametrize("name", COMPARED)
def test_a_comparison_reads_files_of_the_folder_alone(cli, stranger, bounded, name, monkeypatch):
    monkeypatch.setenv("TOKEN", SECRET)
    COMPARED[name](stranger)
    page = stranger.run.parent / "page.html"
    before = stranger.snapshot()
    result = cli(str(stranger.run), "--html", str(page), module="compare")
    assert result.exit_code in (0, 2)
    assert result.err.count("\n") == (result.exit_code == 2)
    assert "Traceback" not in result.err
    shown = result.out + result.err + (page.read_text() if page.exists() else "")
    assert SECRET not in shown
    page.unlink(missing_ok=True)
    assert stranger.snapshot() == before


def test_a_picture_from_elsewhere_is_not_put_into_a_page(cli, stranger, bounded):
    private = stranger.outside / "private.png"
    (stranger.run / "plots").mkdir(exist_ok=True)
    shutil.copy(next((stranger.run / "plots").glob("*.png")), private)
    private.write_bytes(private.read_bytes() + SECRET.encode())
    (stranger.run / "plots" / "samples.png").unlink(missing_ok=True)
    (stranger.run / "plots" / "samples.png").symlink_to(private)
    page = stranger.run.parent / "page.html"
    assert cli(str(stranger.run), "--html", str(page), module="compare").exit_code == 0
    content = base64.b64encode(private.read_bytes()).decode()
    assert content[:-8] not in page.read_text()


def test_allowed_code_is_that_of_the_package(stranger, monkeypatch):
    """``allowed_package.os.system`` is code of os."""
    package = stranger.run.parent / "allowed_package.py"
    package.write_text(
        "import os\nfrom vae_exp.kl.analytic import Analytic\nclass Mine(Analytic):\n    pass\n"
    )
    monkeypatch.syspath_prepend(package.parent)
    stranger.plant("kl", _target_="allowed_package.Mine", per_dimension="auto")
    assert type(vae_exp.load(stranger.run, allow=["allowed_package"]).kl).__name__ == "Mine"
    stranger.plant("kl", _target_="allowed_package.os.system", command=f"touch {stranger.bang}")
    with pytest.raises(
        ValueError, match=r"expected code of allowed_package, got allowed_package\.os\.system"
    ):
        vae_exp.load(stranger.run, allow=["allowed_package"])
    assert not stranger.bang.exists()


def test_what_is_refused_is_not_imported_either(stranger, monkeypatch):
    package = stranger.run.parent / "evil_package.py"
    package.write_text(f"open({str(stranger.bang)!r}, 'w')\n")
    monkeypatch.syspath_prepend(package.parent)
    stranger.plant("kl", _target_="evil_package.Mine")
    with pytest.raises(ValueError, match="which was not run"):
        vae_exp.load(stranger.run)
    assert not stranger.bang.exists()


def test_the_call_is_checked_even_where_the_look_before_was_not(stranger, monkeypatch):
    """Defence in depth: without the first look, the place that calls refuses all the same."""
    stranger.plant("kl", **{**TOUCH, "command": f"touch {stranger.bang}"})
    monkeypatch.setattr(Trust, "check", lambda self, config, key="": None)
    with pytest.raises(ValueError, match=r"kl\._target_: expected a class of the groups"):
        vae_exp.load(stranger.run)
    assert not stranger.bang.exists()


def test_the_attack_works_where_nothing_is_checked(stranger):
    """The payload is a real one: a user's own configuration may call what it likes."""
    section = OmegaConf.create({"_target_": "os.system", "command": f"touch {stranger.bang}"})
    instantiate(section)
    assert stranger.bang.exists()


def test_trust_ends_with_the_loading(saved):
    vae_exp.load(saved)
    assert trust() is None
    seen = []
    thread = threading.Thread(target=lambda: seen.append(trust()))
    thread.start()
    thread.join()
    assert seen == [None]


def test_a_run_of_ones_own_loads_evaluates_and_resumes(cli, stranger):
    """All of this stands in nobody's way."""
    vae_exp.load(stranger.run)
    words = [str(stranger.run), "evaluation.importance_samples=2"]
    assert cli(*words, module="evaluate").exit_code == 0
    assert cli(str(stranger.run), module="sample").exit_code == 0
    result = cli(f"resume={stranger.run}", "trainer.epochs=3", "plots.names=[]")
    assert result.exit_code == 0, result.err
    assert SavedRun(stranger.run).summary["epoch"] == 3


def huge_averages(state):
    (first, *_) = state["optimizer"]["state"].values()
    first["exp_avg"] = torch.zeros(3_000, 3_000)


TRAININGS = {
    "a word for an epoch": lambda state: state["training"].update(epoch="x"),
    "a list for a training": lambda state: state.update(training=[1, 2]),
    "an optimizer larger than the model": huge_averages,
    "averages of a terabyte in a few bytes": lambda state: state["optimizer"]["state"][0].update(
        exp_avg=torch.zeros(()).expand(10**6, 10**6)
    ),
}


@pytest.mark.parametrize("name", TRAININGS)
def test_what_is_no_training_is_not_gone_on_with(cli, stranger, bounded, name):
    last = spoil_training(stranger, TRAININGS[name])
    shutil.copy(last, last.with_name("previous.pt"))
    err = refused(cli, stranger, f"resume={stranger.run}", "trainer.epochs=3", module="run")
    assert err.count("last.pt: expected") == err.count("previous.pt: expected") == 1


def spoil_training(stranger, change):
    """Change what the last checkpoint says of the training; returns its file."""
    last = stranger.run / "checkpoints" / "last.pt"
    shutil.copy(last, last.with_name("previous.pt"))
    state = torch.load(last, weights_only=True)
    change(state)
    torch.save(state, last)
    return last


def test_the_training_before_it_is_gone_on_with(cli, stranger, bounded):
    spoil_training(stranger, TRAININGS["a word for an epoch"])
    words = [f"resume={stranger.run}", "trainer.epochs=3", "plots.names=[]"]
    result = cli(*words, "evaluation.probe=false")
    assert result.exit_code == 0, result.err
    assert "resuming from previous.pt, the one before it" in result.out
    assert SavedRun(stranger.run).summary["epoch"] == 3
