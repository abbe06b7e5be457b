"""Writing YAML, and reading what somebody else may have written: plain values, and not more than it
looks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from omegaconf import Container, OmegaConf
from omegaconf._utils import get_omega_conf_dumper, get_yaml_loader

from vae_exp.storage.own_file import read_text

MOST_BYTES = 2**17
MOST_REFERENCES = 500
MOST_VALUES = 10_000
MOST_LETTERS = 10_000  # of one value, a number with as many digits for instance
DEEPEST = 50

Loader = get_yaml_loader()  # which values are numbers, and that no key comes twice
if yaml.__with_libyaml__:

    class Loader(yaml.CSafeLoader, Loader):
        """OmegaConf's, with libyaml's parser: a comparison reads hundreds of files."""


if yaml.__with_libyaml__:

    class Dumper(yaml.CDumper):
        """OmegaConf's, with libyaml's emitter: a third of the time for the same text."""

    Dumper.yaml_representers = get_omega_conf_dumper().yaml_representers


def dump_yaml(config: Container) -> str:
    """What ``OmegaConf.to_yaml`` gives, references as they are written."""
    if not yaml.__with_libyaml__:
        return OmegaConf.to_yaml(config)
    values = OmegaConf.to_container(config, resolve=False, enum_to_str=True)
    how = {"default_flow_style": False, "allow_unicode": True, "sort_keys": False}
    return yaml.dump(values, Dumper=Dumper, **how)


def load_yaml(folder: Path, file: Path) -> Any:
    """The content of a file of ``folder``: plain values, with references as they are written.

    They are plain at once, because OmegaConf's own resolve a reference when they are looked into.

    Raises:
        ValueError: it is no YAML, or has what a configuration has no need of: aliases, which can
            stand for more than there is room for, tags, or more letters or levels than any.
    """
    try:
        text = read_text(folder, file, MOST_BYTES)
        _check(text)
        values = yaml.load(text, Loader)
        # which reads each reference; of all values it would take ten times as long as all else here
        OmegaConf.create([value for value in _texts(values) if "${" in value])
        return {} if values is None else values
    except OSError as error:
        raise ValueError(f"{file}: expected YAML ({error.strerror})") from error
    except Exception as error:  # YAML's own errors have no common base with an OSError
        reason = " ".join(str(error).split()).removeprefix(f"{file}: ")
        raise ValueError(f"{file}: expected YAML ({reason})") from error


def _check(text: str) -> None:
    if (count := text.count("${")) > MOST_REFERENCES:  # each takes a while to read
        raise ValueError(f"expected at most {MOST_REFERENCES} references, got {count}")
    depth = values = 0
    for event in yaml.parse(text, Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent) and not depth:  # OmegaConf reads a text once more
            raise ValueError("expected a mapping or a list, got a value")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError(f"expected values, got an alias in line {line}")
        if getattr(event, "tag", None):
            raise ValueError(f"expected plain values, got {event.tag} in line {line}")
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > MOST_LETTERS:
            raise ValueError(f"expected shorter values, got {len(event.value)} letters in {line}")
        values += not isinstance(event, yaml.CollectionEndEvent)
        if values > MOST_VALUES:
            raise ValueError(f"expected at most {MOST_VALUES} values, got more in line {line}")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"expected at most {DEEPEST} levels, got more in line {line}")


def _texts(values: Any) -> Iterator[str]:
    """All that are text, in any nesting.

    Raises:
        ValueError: a key is none.
    """
    if isinstance(values, dict):
        if None in values:
            raise ValueError("expected names of keys, got null")
        values = list(values.values())
    if isinstance(values, list):
        for value in values:
            yield from _texts(value)
    elif isinstance(values, str):
        yield values
