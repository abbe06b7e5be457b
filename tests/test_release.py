"""A release is what CONTRIBUTING.md says: built, complete, and good where there is no checkout."""

import os
import re
import shutil
import site
import subprocess
import tomllib

import pytest

import vae_exp
from tests.pages import ROOT

SCRIPT = ROOT / ".ci" / "release"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="no .ci beside tests/")


@pytest.mark.long
def test_a_release_is_built_and_runs_from_its_wheel(tmp_path):
    pytest.importorskip("build")
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns(".git", "outputs", "dist", "__pycache__", ".*_cache", ".venv")
    shutil.copytree(ROOT, source, ignore=ignore)
    packages = {"PACKAGES": ":".join(site.getsitepackages())}
    done = subprocess.run(
        [source / ".ci" / "release"], env=os.environ | packages, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.endswith(" are ready\n")
    assert {path.suffix for path in (source / "dist").iterdir()} == {".gz", ".whl"}


def test_the_changelog_is_kept_as_keepachangelog_says():
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    versions = [re.match(r"## \[(.+?)\]", line)[1] for line in lines if line.startswith("## ")]
    assert versions[0] == "Unreleased" and vae_exp.__version__ in versions
    kinds = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_what_is_typed_exists():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pyright"]
    assert all((ROOT / name).exists() for name in settings["include"])
    assert (ROOT / "vae_exp" / "py.typed").exists()
