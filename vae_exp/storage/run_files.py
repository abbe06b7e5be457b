"""The files that a run cannot do without."""

from pathlib import Path

# what it needs to be read, or to go on
OF_THE_RUN = (".hydra", "checkpoints", "metrics.jsonl", "summary.json", "run.log", ".lock")


def is_of_a_run(file: Path) -> bool:
    """Whether that is a file which a run needs, by whatever name."""
    file = file.resolve()
    return any(
        file.relative_to(folder).parts[0] in OF_THE_RUN
        and (folder / ".hydra" / "config.yaml").is_file()
        for folder in file.parents
    )
