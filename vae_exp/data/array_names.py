"""What a file calls its arrays, or a table its columns: x, y, ids, split and c_<covariate>."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from vae_exp.data.split_words import SPLIT_OF

NAME = re.compile(
    rf"((?P<before>{'|'.join(SPLIT_OF)})_)?"
    r"((?P<x>x|features|data|images)|(?P<y>y|targets?|labels?)|(?P<ids>ids?)|(?P<split>splits?)"
    r"|c_(?P<c>.+?))"
    rf"(_(?P<after>{'|'.join(SPLIT_OF)}))?",
    re.IGNORECASE,
)


def names_of(arrays: Iterable[str], key: str, file: Path) -> dict[str, dict[str, str]]:
    """For each split that the file has, what it calls x, y, ids, split and c_<covariate>.

    Raises:
        ValueError: naming ``key``, where there is no x, or one of these twice.
    """
    found: dict[str, dict[str, str]] = {}
    matches = {name: match for name in map(str, arrays) if (match := NAME.fullmatch(name))}
    behind = Counter(m["c"] for m in matches.values() if m["after"] and not m["before"])
    for name, match in matches.items():
        kinds = [part for part in ("x", "y", "ids", "split") if match[part]]
        part, word = kinds[0] if kinds else f"c_{match['c']}", match["before"] or match["after"]
        several = part in matches or behind[match["c"]] > 1
        if match["c"] and match["after"] and (match["before"] or not several):
            part, word = f"{part}_{match['after']}", match["before"]  # c_is_test is called so
        split = SPLIT_OF[(word or "train").lower()]
        other = found.setdefault(split, {}).setdefault(part, name)
        if other != name:
            raise ValueError(f"{key}: expected one of {other} and {name} in {file}, got both")
    if "train" not in found or not all("x" in parts for parts in found.values()):
        raise ValueError(
            f"{key}: expected arrays called x and, for labels, y, or x_train, y_train, x_test, "
            f"y_test, in {file}, got {', '.join(map(str, arrays))}; rename them"
        )
    return found
