"""What Hydra and OmegaConf say of a command line, in the words of this program."""

import re
import shlex

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException

READS = "expected key=value or group=option"
# their words, and ours; {key} and {value} are those of the override
MERGING = [
    (r"Cannot convert '\w+' to string", "text"),
    (r"is not Optional", "a value"),
    (r"expected one of \[([^\]]+)\]", "one of {0}"),
    (r"Cannot assign \w+ to Dict", "keys with values"),
    (r"could not be converted to (\w+)", "a value of type {0}"),
]
SAID = [
    (
        r"An item is already at '([^']+)'",
        "{0}: expected no + before a key that there is; {0}=... sets it",
    ),
    (
        r"^(\S+) appears more than once in the final defaults list",
        "{0}: expected no + before a group that there is; {0}=... chooses its option",
    ),
    (
        r"Sweep parameters '([^=]+)=(.*)' requires --multirun",
        "{0}: expected one value, got {1}; -m sweeps over several",
    ),
    (
        r"Additional config directory '([^']+)' not found",
        "--config-dir: expected a folder, got {0}, which is not there",
    ),
    (
        r"hydra\.searchpath must be a list of strings\. Got: (.*)",
        "hydra.searchpath: expected a list, such as [file:///home/me/conf], got {0}",
    ),
    (
        r"Interpolation key '([^']+)' not found full_key: (\S+)",
        "{1}: expected a key of the configuration in ${{...}}, got {0}, which it lacks; \\${{ is "
        "how ${{ itself is written",
    ),
    (
        r"Unsupported interpolation type (\S+) full_key: (\S+)",
        "{1}: expected oc.env or another resolver of OmegaConf's in ${{...:}}, got {0}",
    ),
    (
        r"Environment variable '([^']+)' not found\W+full_key: (\S+)",
        "{1}: expected the environment variable {0}, found none",
    ),
    (
        r"^Config group override must be a string or a list\. Got (\w+)",
        "expected a key before each = and the name of an option behind that of a group, got a "
        "value of type {0}",
    ),
]


def unreadable(error: OverrideParseException) -> str:
    """What is wrong with a word that is no override, and how to quote what is meant by it."""
    word = str(error.override)
    key, equals, value = word.partition("=")
    problem = f"{word}: {READS}"
    if not equals:
        return f"{problem}, got no ="
    if key.startswith("-"):
        return f"{problem}, got a flag; a flag and what belongs to it are two words"
    if not re.fullmatch(r"[+~]{0,2}[A-Za-z_][\w/@-]*([.:][\w/@-]+)*", key, re.ASCII):
        return f"{problem}, got {key!r} for a key: letters a to z, digits and _, with dots between"
    if value.endswith(","):
        return f"{problem}, got one that ends with a comma; values of -m have no space between them"
    # a backslash is one, but before a quotation mark
    escaped = re.sub(
        r'(\\*)("|$)', lambda found: found[1] * 2 + found[2].replace('"', '\\"'), value
    )
    meant = f'{key}="{escaped}"'
    try:
        OverridesParser.create().parse_override(meant)
    except HydraException:
        return f"{problem}, got a value that does not read"
    return (
        f"{problem}, got a value that does not read; these very characters are written "
        f"{shlex.quote(meant)}"
    )


def in_our_words(message: str, cause: str) -> str | None:
    """A message of theirs, said differently; none where there is nothing to say better.

    Args:
        cause: what stands behind it, or nothing.
    """
    merging = re.match(r"Error merging override ([^=]+)=(.*)", message)
    if merging:
        key, value = merging[1].lstrip("+"), merging[2]
        for pattern, expected in MERGING:
            found = re.search(pattern, cause)
            if found:
                return f"{key}: expected {expected.format(*found.groups())}, got {value}"
    for pattern, ours in SAID:
        found = re.search(pattern, message)
        if found:
            return ours.format(*found.groups())
    return None
