"""The command that checks a part: what it says, of what, and with which exit code."""

import json
import re
from pathlib import Path

import pytest

MINE = """
import torch
from torch import nn
from torch.distributions import Distribution, Laplace, constraints

from vae_exp.decoder import Decoder


class Sound(Decoder):
    support = constraints.real

    def __init__(self, x_shape, z_dim, network, scale):
        super().__init__(x_shape, z_dim, network)
        self.size = scale

    def components(self, loc):
        return Laplace(loc, torch.full_like(loc, self.size), validate_args=False)


class Bent(Sound):
    def components(self, loc):
        class Wrong(Laplace):
            def log_prob(self, x):
                return -(x - self.loc).abs() / self.scale

        return Wrong(loc, torch.full_like(loc, self.size), validate_args=False)


class Nothing:
    pass


class NoPrior:
    pass


class Map(nn.Linear):
    def __init__(self, in_shape, out_shape, gain):
        super().__init__(in_shape[0], out_shape[0])


def function():
    pass
"""
YAML = "_target_: mine_checked.Sound\nz_dim: ${z_dim}\nnetwork: ${network}\nscale: 0.5\n"


@pytest.fixture
def check(cli, tmp_path, monkeypatch):
    """The command, in a folder with a module of one's own."""
    (tmp_path / "mine_checked.py").write_text(MINE)
    (tmp_path / "conf" / "decoder").mkdir(parents=True)
    (tmp_path / "conf" / "decoder" / "own.yaml").write_text(YAML)
    (tmp_path / "conf" / "network").mkdir()
    (tmp_path / "conf" / "network" / "own.yaml").write_text("_target_: mine_checked.Map\ngain: 1")
    monkeypatch.syspath_prepend(tmp_path)
    return lambda *words: cli(*words, module="check")


def test_a_class_of_ones_own_is_checked_line_by_line(check):
    chosen = ("shapes", "density", "mean", "reparametrisation")
    only = [word for name in chosen for word in ("--only", name)]
    found = check("mine_checked.Sound", "scale=0.5", *only)
    assert (found.exit_code, found.err) == (0, "")
    first, *lines, last = found.out.splitlines()
    assert first == "decoder mine_checked.Sound, x of shape (5,), z of 3"
    assert [line.split()[1] for line in lines] == list(chosen)
    assert [line.split()[0] for line in lines] == ["ok", "ok", "ok", "skipped"]
    assert last.startswith("3 ok, 0 failed, 1 skipped, in ")
    found = check("decoder=own", "--config-dir", "conf", "decoder.scale=2", "--only", "density")
    assert found.exit_code == 0
    assert [line.split()[:2] for line in found.out.splitlines()][1] == ["ok", "density"]


def test_what_is_wrong_is_said_in_words_and_by_the_exit_code(check):
    found = check("mine_checked.Bent", "scale=2", "--only", "density", "--json")
    assert found.exit_code == 1
    (one,) = json.loads(found.out)["checks"]
    assert one["verdict"] == "FAIL"
    assert "got 4, 4, 4; a factor 4 too much: is a constant of log_prob missing?" in one["reason"]


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required"),
        (["mine_checked"], "expected one part, package.Class or one of encoder=..., decoder=..."),
        (["scale=1"], "expected one part"),
        (["no_such_module.Part"], "expected a module no_such_module in the current folder or"),
        (["mine_checked.Absent"], "which has Bent, Map, NoPrior, Nothing, Sound, got no Absent"),
        (["mine_checked.function"], "mine_checked.function: expected a class, got function"),
        (["mine_checked.Nothing"], "say it, one of encoder, decoder, prior, kl, objective"),
        (["mine_checked.Nothing"], "as in decoder=mine_checked.Nothing"),
        (["mine_checked.NoPrior"], "a prior, got none; say it"),
        (["mine_checked.NoPrior"], "as in prior=mine_checked.NoPrior"),
        (["mine_checked.Sound"], "decoder.scale: expected a value, found none"),
        (
            ["network=own", "--config-dir", "conf"],
            "network.in_shape: expected a value, found none; _partial_: true leaves it to the",
        ),
        (["mine_checked.Sound", "skale=1"], "skale"),
        (["mine_checked.Sound", "scale=1", "--only", "taste"], "--only: expected one of shapes"),
        (["mine_checked.Sound", "scale=1", "--seconds", "0"], "--seconds: expected a positive"),
        (["decoder=absent"], "absent"),
        (
            ["decoder=own", "--config-dir", "nowhere"],
            "--config-dir: expected a folder, got nowhere",
        ),
        (["decoder=beta", "x_shape=wide"], "x_shape: expected a list of positive numbers"),
        (["decoder=beta", "z_dim=0"], "z_dim: expected a positive whole number, got 0"),
    ],
)
def test_what_is_no_part_is_refused_in_one_line(check, words, message):
    found = check(*words)
    assert found.exit_code == 2
    assert message in found.err
    assert found.err.count("\n") <= 1 or not words  # argparse says how it is used


def test_the_example_of_the_documentation_is_as_it_says(check, tmp_path):
    """The faulty likelihood of the page is refused by the check that it names."""
    page = (Path(__file__).parent.parent / "docs" / "own_part_check.md").read_text("utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    (tmp_path / "documented.py").write_text(code)
    found = check("documented.Rayleigh", "--only", "density", "--only", "mean")
    assert found.exit_code == 1
    for line in found.out.splitlines()[1:3]:
        assert "FAIL" in line and without_numbers(line) in without_numbers(page)
    sound = code.replace("x.square() / (2 * self.scale)", "x.square() / (2 * self.scale**2)")
    sound = sound.replace("return self.scale\n", "return self.scale * math.sqrt(math.pi / 2)\n")
    (tmp_path / "repaired.py").write_text(sound)
    assert check("repaired.Rayleigh", "--only", "density", "--only", "mean").exit_code == 0


def without_numbers(text):
    """The words, for another version of torch draws others."""
    return " ".join(re.sub(r"\d+(\.\d+)?", "#", text).split())
