"""The pages of the reference, from the docstrings in vae_exp/ and the comments in conf/."""

from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
GROUPS = {
    "encoder": "Posteriors q(z|x)",
    "decoder": "Likelihoods p(x|z)",
    "prior": "Priors p(z)",
    "condition": "Conditions c",
    "kl": "Estimators of the KL",
    "objective": "Objectives",
    "network": "Networks",
    "data": "Data sets",
    "expectation": "Averages over q(z|x) and their gradients",
    "distribution": "Distributions and the spaces they live in",
}
WITHOUT_SOURCE = ("data", "expectation", "distribution")  # long, and not where the formulas are
ALSO_CONFIGURED = ("optimizer", "scheduler", "trainer", "evaluation", "plots", "wandb")
PYTHON = """# From Python

```python
import vae_exp

cfg = vae_exp.compose("decoder=bernoulli", "kl=schulman")
experiment = vae_exp.build(cfg)
for record in experiment.train():
    ...
numbers = experiment.evaluate()
vae = vae_exp.load("outputs/2026-01-31/12-00-00")
```

## Making and loading

::: vae_exp.cli.compose.compose
::: vae_exp.experiment.build
::: vae_exp.experiment.Experiment
::: vae_exp.runs.load.load

## The model

::: vae_exp.vae.VAE
    options:
      filters: ["!^_"]
::: vae_exp.importance
::: vae_exp.imputation
"""


def on_files(files: Files, config: MkDocsConfig, **_: object) -> Files:
    """mkdocs: the files of the site, with these pages."""
    pages = {"configuration": configuration(), "python": PYTHON}
    pages |= {group: reference(group, title) for group, title in GROUPS.items()}
    for name, text in pages.items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def reference(group: str, title: str) -> str:
    """A group's modules, first its contract."""
    modules = sorted(path.stem for path in (ROOT / "vae_exp" / group).glob("*.py"))
    modules.remove("__init__")
    names = [f"vae_exp.{group}", *(f"vae_exp.{group}.{module}" for module in modules)]
    source = "false" if group in WITHOUT_SOURCE else "true"
    options = f"{{heading_level: 2, show_source: {source}}}"
    parts = (f"::: {name}\n    options: {options}\n" for name in names)
    return f"# {title}\n\n" + "\n".join(parts)


def configuration() -> str:
    """Every key, as the files in conf/ have and explain it."""
    return "\n".join(
        [
            "# Configuration",
            "",
            "Every key with its default, as the files in `conf/` have and explain it. "
            "`conf/decoder/laplace.yaml` is what `decoder=laplace` selects, and its key `scale` is "
            "`decoder.scale` on the command line. `python -m vae_exp.run --cfg job`, with any of "
            "these words, prints what a run would have.",
            "",
            *_blocks("config.yaml"),
            *(line for group in [*GROUPS, *ALSO_CONFIGURED] for line in _group(group)),
        ]
    )


def _group(group: str) -> Iterator[str]:
    folder = ROOT / "conf" / group
    if not folder.is_dir():
        return
    yield from (f"## {group}", "")
    for path in sorted(folder.glob("*.yaml")):
        yield from (f"### {group}={path.stem}", "")
        yield from _blocks(f"{group}/{path.name}")


def _blocks(name: str) -> Iterator[str]:
    text = (ROOT / "conf" / name).read_text().rstrip()
    yield from ("```yaml", text, "```", "")
