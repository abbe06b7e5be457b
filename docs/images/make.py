"""The README's pictures, from runs of the README's own commands: ``python docs/images/make.py``.

Needs Chromium, for compare.html. Ten minutes of training on two cores; what a folder already has is
not trained again: ``python docs/images/make.py outputs/pictures``.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

RUN = ["decoder=bernoulli", "kl=schulman"]
SWEEP = ["-m", "decoder=bernoulli", "objective.beta=0.5,1,4", "seed=0,1,2"]
HERE = Path(__file__).parent
WIDTH = 1420  # pixels of the page
COLOURS = 256  # of a picture, a third of the bytes


def train(folder: Path) -> None:
    """The run and the sweep, where they are not there."""
    program = [sys.executable, "-m", "vae_exp.run", "wandb.mode=disabled"]
    if not (folder / "run" / "summary.json").exists():
        subprocess.run([*program, *RUN, f"hydra.run.dir={folder}/run"], check=True)
    if not (folder / "sweep" / "compare.html").exists():
        subprocess.run([*program, *SWEEP, f"hydra.sweep.dir={folder}/sweep"], check=True)


def photograph(page: Path) -> Image.Image:
    """The page as Chromium shows it, down to its end."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        raise SystemExit("expected chromium on the PATH, got none")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.png"
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        flags += [f"--window-size={WIDTH},3000", "--virtual-time-budget=5000"]
        command = [browser, *flags, f"--screenshot={target}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        shown = Image.open(target).convert("RGB")
    _, _, _, bottom = ImageOps.invert(shown).getbbox()
    return shown.crop((0, 0, WIDTH, bottom + 20))


def stacked(pictures: list[Image.Image], width: int) -> Image.Image:
    """One above the other, as wide as that."""
    scaled = [p.resize((width, round(p.height * width / p.width))) for p in pictures]
    whole = Image.new("RGB", (width, sum(p.height for p in scaled)), "white")
    top = 0
    for picture in scaled:
        whole.paste(picture, (0, top))
        top += picture.height
    return whole


def side_by_side(pictures: list[Image.Image], height: int, gap: int = 24) -> Image.Image:
    """One beside the other, as high as that."""
    scaled = [p.resize((round(p.width * height / p.height), height)) for p in pictures]
    whole = Image.new("RGB", (sum(p.width + gap for p in scaled) - gap, height), "white")
    left = 0
    for picture in scaled:
        whole.paste(picture, (left, 0))
        left += picture.width + gap
    return whole


def save(picture: Image.Image, name: str) -> None:
    """Write it, small."""
    small = picture.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(HERE / name, optimize=True)
    print(f"{HERE / name}: {(HERE / name).stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Train, photograph, put together."""
    folder = Path(sys.argv[1] if sys.argv[1:] else "outputs/pictures")
    train(folder)
    plots = folder / "run" / "plots"
    drawn = {p.stem: Image.open(p).convert("RGB") for p in plots.glob("*.png")}
    page = photograph(folder / "sweep" / "compare.html")
    grids = [drawn[name] for name in ("reconstructions", "samples")]
    run = stacked([side_by_side(grids, 420), drawn["latent_space"]], WIDTH)
    save(side_by_side([run, page], 850), "overview.png")
    save(page, "compare.png")


if __name__ == "__main__":
    main()
