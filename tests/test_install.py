"""The package as its users have it: installed from a wheel, and editable from a checkout."""

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.long  # pip, twice
ROOT = Path(__file__).parent.parent
QUICK = ["trainer.epochs=1", "evaluation.importance_samples=8", "wandb.mode=disabled"]
QUICK += ["plots.names=[]", "evaluation.probe=false"]


def environment(folder):
    """A new virtual environment that sees this one's packages, but for vae_exp itself."""
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    # a path file is not followed further, so this environment's own vae_exp stays unseen
    (packages / "outer.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "bin"


def pip(bin_folder, *arguments):
    command = [sys.executable, "-m", "pip", "--python", str(bin_folder / "python"), "install"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "-q"]
    subprocess.run([*command, *options, *arguments], check=True)


# most tests run the program of an editable installation, from an empty folder
KINDS = ["wheel", "editable"]


@pytest.fixture(scope="module", params=KINDS)
def installed(request, tmp_path_factory):
    """A copy of the sources, installed; the copy is gone again where it was a wheel."""
    folder = tmp_path_factory.mktemp(request.param)
    source = folder / "source"
    ignore = shutil.ignore_patterns(".git", "outputs", "__pycache__", ".*_cache", ".venv")
    shutil.copytree(ROOT, source, ignore=ignore)
    bin_folder = environment(folder / "venv")
    if request.param == "wheel":
        build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
        subprocess.run([*build, "-w", str(folder), str(source)], check=True)
        (wheel,) = folder.glob("*.whl")
        pip(bin_folder, str(wheel))
        shutil.rmtree(source)
    else:
        pip(bin_folder, "-e", str(source))
    return bin_folder, folder


def test_runs_from_any_folder(installed, tmp_path):
    bin_folder, folder = installed
    by_name = folder.name.startswith("wheel")
    program = ["vae-exp"] if by_name else ["python", "-m", "vae_exp.run"]
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [str(bin_folder / program[0]), *program[1:], *QUICK, "decoder=bernoulli"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=clean)
    assert done.returncode == 0, done.stderr
    (summary,) = tmp_path.glob("outputs/*/*/summary.json")
    assert json.loads(summary.read_text())["status"] == "finished"

    where = [str(bin_folder / "python"), "-c", "import vae_exp; print(vae_exp.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, env=clean)
    assert str(folder) in found.stdout
