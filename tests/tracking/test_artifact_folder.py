"""A model out of W&B is a stranger's folder: a few files of it are taken, and no more."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import vae_exp
from vae_exp.tracking import artifact_folder as module
from vae_exp.tracking.artifact_folder import artifact_folder
from vae_exp.tracking.model_artifact import FILES

REFERENCE = "wandb:me/vae_exp/model-1:best"


def entry(ref=None, size=10):
    return SimpleNamespace(ref=ref, size=size)


def artifact(entries, source=None, **names):
    """One whose files are those of a folder."""

    def get_entry(name):
        def download(root, skip_cache):
            file = Path(root) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes((source / name).read_bytes())

        return SimpleNamespace(download=download)

    own = {"entity": "me", "project": "vae_exp", "name": "model-1:best", "version": "v3", **names}
    return SimpleNamespace(manifest=SimpleNamespace(entries=entries), get_entry=get_entry, **own)


@pytest.fixture
def found(monkeypatch, tmp_path):
    """W&B has this one, whatever is asked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "has_credentials", lambda: True)
    return lambda given: monkeypatch.setattr(module, "_find", lambda name: given)


def test_the_model_is_loaded_out_of_an_artifact(found, trained, tmp_path):
    extra = {"../../escaped": entry(), "code.py": entry(), "checkpoints/last.pt": entry()}
    names = [*extra, *(name for name in FILES if (trained / name).exists())]
    found(artifact({name: entry() for name in names}, trained))
    vae = vae_exp.load(REFERENCE)
    own = vae_exp.load(trained)
    assert all((a == b).all() for a, b in zip(vae.state_dict().values(), own.state_dict().values()))
    folder = tmp_path / "outputs/artifacts/me/vae_exp/model-1-v3"
    taken = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    assert taken == set(FILES)
    assert [f for f in tmp_path.iterdir() if f.name != "outputs"] == []


WHOLE = {name: entry() for name in FILES}
HOSTILE = {
    "a reference": (
        {**WHOLE, "checkpoints/best.pt": entry(ref="file:///etc/passwd")},
        {},
        "reference",
    ),
    "more than there is room for": (
        {**WHOLE, "checkpoints/best.pt": entry(size=2**40)},
        {},
        "at most",
    ),
    "a configuration of a gigabyte": ({**WHOLE, FILES[0]: entry(size=2**30)}, {}, "at most"),
    "nothing of ours": ({"data.csv": entry()}, {}, "found data.csv"),
    "a name that leads out": (WHOLE, {"project": ".."}, "expected names"),
    "an entity that leads out": (WHOLE, {"entity": "a/../../b"}, "expected names"),
    "a version that leads out": (WHOLE, {"version": "/../../x"}, "expected names"),
}


@pytest.mark.hostile
@pytest.mark.parametrize("entries, names, told", HOSTILE.values(), ids=HOSTILE)
def test_a_strangers_artifact_is_refused(found, tmp_path, entries, names, told):
    found(artifact(entries, tmp_path, **names))
    with pytest.raises(ValueError, match=told):
        artifact_folder(REFERENCE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "reference", ["wandb:", "wandb:model", "wandb:a/b/c/d:best", "wandb:../x:best", "wandb:a b:c"]
)
def test_what_names_no_artifact_is_refused(reference, found):
    with pytest.raises(ValueError, match="expected wandb:entity/project/name:alias"):
        artifact_folder(reference)


@pytest.mark.bad_input
def test_without_a_key_it_says_how_to_get_one(monkeypatch, cli):
    monkeypatch.setattr(module, "has_credentials", lambda: False)
    for command in ("evaluate", "sample", "score", "encode", "reconstruct", "impute"):
        result = cli(REFERENCE, module=command)
        assert (result.exit_code, result.err.count("\n")) == (2, 1)
        assert "expected an API key" in result.err


def test_an_open_run_has_used_the_artifact(monkeypatch):
    import wandb

    used = []
    run = SimpleNamespace(offline=False, use_artifact=lambda name: used.append(name) or "it")
    monkeypatch.setattr(wandb, "run", run)
    assert module._find("me/vae_exp/model-1:best") == "it"
    assert used == ["me/vae_exp/model-1:best"]
