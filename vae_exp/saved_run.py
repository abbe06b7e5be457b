"""What a run left in its folder, read back: configuration, results and the trained model."""

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from vae_exp import strict_json
from vae_exp.trust import check_trusted
from vae_exp.whole_file import whole_file

if TYPE_CHECKING:  # torch is needed for the model alone, not to compare results
    from vae_exp.experiment import Experiment
    from vae_exp.vae import VAE

# sections of the configuration
MODEL = ("encoder", "decoder", "prior", "kl", "objective", "optimizer")
AROUND_IT = ("data", "scheduler", "trainer", "evaluation", "plots", "seed", "device")


class SavedRun:
    """The folder of a run, finished or not.

    Raises:
        ValueError: the folder is none, or its configuration does not read.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path).expanduser()
        if not (self.path / ".hydra" / "config.yaml").is_file():
            found = "no .hydra/config.yaml in it" if self.path.exists() else "no such folder"
            raise ValueError(f"{path}: expected the folder of a run, found {found}")
        self.config: DictConfig = self._yaml("config")  # interpolations and all
        self.summary_file = self.path / "summary.json"

    @cached_property
    def choices(self) -> dict[str, str]:
        """The option chosen in each group."""
        choices = OmegaConf.to_container(self._yaml("hydra").hydra.runtime.choices)
        return {
            group: option
            for group, option in choices.items()
            if option is not None and not group.startswith("hydra/")
        }

    @cached_property
    def overrides(self) -> list[str]:
        """What was said on the command line."""
        return OmegaConf.to_container(self._yaml("overrides"))

    @cached_property
    def summary(self) -> dict[str, Any]:
        """``summary.json``, empty where the run has not come that far."""
        if not self.summary_file.exists():
            return {}
        try:
            return json.loads(self.summary_file.read_text())
        except (OSError, ValueError) as error:
            raise ValueError(f"{self.summary_file}: expected JSON ({error})") from error

    @cached_property
    def metrics(self) -> list[dict[str, float]]:
        """The records of ``metrics.jsonl``, but for a last one that was cut short."""
        file = self.path / "metrics.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        records = []
        for number, line in enumerate(lines, start=1):
            try:
                records.append(json.loads(line))
            except ValueError as error:
                if number < len(lines):
                    raise ValueError(f"{file}: expected JSON in line {number} ({error})") from error
        return records

    def update_summary(self, values: dict[str, Any]) -> None:
        """Put values into ``summary.json``, in one move."""
        self.summary |= values
        with whole_file(self.summary_file) as file:
            file.write_text(strict_json.dumps(self.summary, indent=2) + "\n")

    def check(self, config: DictConfig, sections: Sequence[str], allow: Sequence[str]) -> None:
        """See that a configuration has these sections and names nothing that is not trusted.

        Raises:
            ValueError: it does not.
        """
        missing = [name for name in sections if name not in config]
        if missing:
            raise ValueError(f"{self._file('config')}: expected a section {missing[0]}, found none")
        check_trusted(config, allow)

    def checkpoint(self, weights: str) -> Path:
        """The file of the ``best`` weights by validation ELBO, or of the ``last``."""
        return self.path / "checkpoints" / f"{weights}.pt"

    def experiment(self, config: DictConfig, allow: Sequence[str] = ()) -> "Experiment":
        """The model as trained with its data, under this run's configuration, perhaps changed.

        Args:
            config: ``self.config``, or a copy with other values where that leaves the model as
                it is.
            allow: packages besides vae_exp whose classes the configuration may name.

        Raises:
            ValueError: something in the folder or the configuration is amiss, or not trusted.
        """
        from vae_exp import checkpoint
        from vae_exp.experiment import build

        self.check(config, [*MODEL, *AROUND_IT], allow)
        experiment = build(config)
        state = checkpoint.read(self.checkpoint(experiment.evaluation.weights))
        checkpoint.restore_weights(experiment.vae, state)
        return experiment

    def _yaml(self, name: str) -> Any:
        file = self._file(name)
        try:
            return OmegaConf.load(file)
        except Exception as error:  # YAML's own errors have no common base with an OSError
            reason = " ".join(str(error).split())
            raise ValueError(f"{file}: expected YAML ({reason})") from error

    def _file(self, name: str) -> Path:
        return self.path / ".hydra" / f"{name}.yaml"


def load(
    path: str | Path, device: str = "auto", weights: str = "best", allow: Sequence[str] = ()
) -> "VAE":
    """The trained model of a run's folder, in evaluation mode; its data are not needed.

    >>> vae = load("outputs/2026-01-31/12-00-00")
    >>> z = vae.encode(x)  # and vae.reconstruct(x), vae.sample(16), vae.encoder(x), ...

    Nothing that lies in the folder is executed: the checkpoint is read without pickle's code, and
    the configuration may name the classes of vae_exp, torch.nn and torch.optim alone.

    Args:
        path: the run's folder.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        weights: ``best`` by validation ELBO, or ``last``.
        allow: packages of your own whose classes the configuration may name.

    Raises:
        ValueError: something in the folder is amiss or not trusted, or no such device.
    """
    from vae_exp import checkpoint
    from vae_exp.experiment import build_vae, find_device
    from vae_exp.randomness import aside

    run, found_device = SavedRun(path), find_device(device)
    if weights not in ("best", "last"):
        raise ValueError(f"weights: expected best or last, got {weights}")
    run.check(run.config, MODEL, allow)
    state = checkpoint.read(run.checkpoint(weights))
    with aside(found_device):  # the caller's random numbers go on as if nothing had been built
        vae = build_vae(run.config, tuple(state["x_shape"]), found_device)
    checkpoint.restore_weights(vae, state)
    return vae.eval()


def find_runs(paths: Iterable[str | Path]) -> list[SavedRun]:
    """The runs in these folders: each a run, or one that holds runs, such as a sweep's.

    Folders of runs that were refused before they started are passed over.

    Raises:
        ValueError: a folder has none.
    """
    found: dict[Path, SavedRun] = {}
    for path in map(Path, paths):
        files = sorted(path.expanduser().glob("**/metrics.jsonl"), key=_natural)
        runs = [SavedRun(file.parent) for file in files]
        if not runs:
            what = "none there" if path.exists() else "no such folder"
            raise ValueError(
                f"{path}: expected a run's folder or one that holds runs, found {what}"
            )
        found |= {run.path.resolve(): run for run in runs}
    return list(found.values())


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that puts job 10 after job 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in path.parts]
