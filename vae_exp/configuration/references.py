"""References between the values of a configuration, resolved once, into plain values.

OmegaConf resolves when a value is asked for: with other values beside it than at an earlier look,
by functions that may do anything, and into as many copies as a file asks for. A configuration that
somebody else wrote has to say the same at every look, to reach nothing outside itself, and to end.
"""

import re
from typing import Any

KEY = r"\.*[\w@/-]+(?:\.[\w@/-]+)*"  # a.b.0, or .b from where it stands, ..b from one level up
REFERENCE = re.compile(rf"\$\{{\s*({KEY})\s*\}}")
# ${oc.select:key,default}, the one function that looks at nothing but the configuration
SELECT = re.compile(
    rf"\$\{{\s*oc\.select:\s*({KEY})\s*(?:,\s*(\$\{{\s*{KEY}\s*\}}|[\w.+-]+)\s*)?\}}"
)
MOST = 10_000  # values, and hundreds of characters of text put together
DEEPEST = 50
LITERALS = {"null": None, "true": True, "false": False}
MISSING = object()


def resolve_references(config: dict[str, Any]) -> dict[str, Any]:
    """A copy of a configuration of plain values in which every ``${key}`` has its value.

    ``${a.b}``, ``${.b}``, ``${oc.select:a.b,default}`` and text around references mean what they
    mean to OmegaConf; nothing else is allowed: no other function, no reference inside another.

    Raises:
        ValueError: a reference to nothing, to itself or of another form; or more values or levels
            than a configuration has.
    """
    return _Resolver(config).resolve(config, ())


class _Resolver:
    """Counts what has been put together so far, so that copies of copies come to an end."""

    def __init__(self, config: dict[str, Any]):
        self.config = config
        self.budget = MOST

    def resolve(self, node: Any, place: tuple[str, ...], within: tuple = ()) -> Any:
        """The value of ``node``, which stands at ``place``; ``within`` is what asks for it."""
        name = ".".join(place)
        if len(place) + len(within) > DEEPEST:
            raise ValueError(f"{_short(name)}: expected at most {DEEPEST} levels, got more")
        self._spend(1, name)
        if isinstance(node, dict):
            for key in node:
                if not isinstance(key, str | int):
                    raise ValueError(f"{_short(name)}: expected names for keys, got {key!r}")
            return {key: self.resolve(v, (*place, str(key)), within) for key, v in node.items()}
        if isinstance(node, list):
            return [self.resolve(v, (*place, str(i)), within) for i, v in enumerate(node)]
        if not isinstance(node, str) or "${" not in node:
            return node
        if "\\$" in node:
            raise self._refusal(node, place)
        if place in within:
            raise ValueError(f"{name}: expected a value, got a reference to itself")
        return self._interpolate(node, place, (*within, place))

    def _interpolate(self, text: str, place: tuple[str, ...], within: tuple) -> Any:
        for form in (REFERENCE, SELECT):
            if match := form.fullmatch(text):
                return self._follow(match, place, within)
        parts, end = [], 0
        for match in re.finditer(f"{REFERENCE.pattern}|{SELECT.pattern}", text):
            form = REFERENCE if REFERENCE.fullmatch(match[0]) else SELECT
            value = self._follow(form.fullmatch(match[0]), place, within)
            if isinstance(value, dict | list):
                raise self._refusal(text, place)
            parts += [text[end : match.start()], str(value)]
            end = match.end()
        joined = "".join([*parts, text[end:]])
        self._spend(len(joined) // 100, ".".join(place))
        if "${" in joined:
            raise self._refusal(text, place)
        return joined

    def _follow(self, match: re.Match, place: tuple[str, ...], within: tuple) -> Any:
        value = self._find(match[1], place, within)
        if value is not MISSING:
            return value
        default = match[2] if match.re is SELECT else None
        if match.re is REFERENCE:
            raise ValueError(
                f"{'.'.join(place)}: expected a key of the configuration, got {match[0]}"
            )
        if default is None:
            return None
        if inner := REFERENCE.fullmatch(default):
            return self._follow(inner, place, within)
        return _literal(default)

    def _find(self, key: str, place: tuple[str, ...], within: tuple) -> Any:
        """The value of a key as it is written at ``place``, ``MISSING`` where there is none."""
        name = key.lstrip(".")
        levels = len(key) - len(name)
        if levels > len(place):
            return MISSING
        path = (*(place[: len(place) - levels] if levels else ()), *name.split("."))
        node, at = self.config, ()
        for step in path:
            # ${network.hidden} where network is ${other}: it goes on at the other
            while isinstance(node, str) and "${" in node:
                node = self.resolve(node, at, within)
            if isinstance(node, dict):
                found = [k for k in node if str(k) == step]
                node = node[found[0]] if found else MISSING
            elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            else:
                node = MISSING
            if node is MISSING or node == "???":
                return MISSING
            at = (*at, step)
        return self.resolve(node, at, within)

    def _refusal(self, text: str, place: tuple[str, ...]) -> ValueError:
        return ValueError(
            f"{'.'.join(place)}: expected values and references within the file, such as "
            f"${{z_dim}}, got {_short(text)}, which was not resolved"
        )

    def _spend(self, amount: int, name: str) -> None:
        self.budget -= amount
        if self.budget < 0:
            raise ValueError(
                f"{_short(name)}: expected a configuration of at most {MOST} values, got more"
            )


def _literal(text: str) -> Any:
    """A default as OmegaConf reads it."""
    if text.lower() in LITERALS:
        return LITERALS[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]} ..."
