"""Looking at a pickle before it is read: what it would make, counted without making it.

torch reads a stranger's pickle without running its code, but as large, as deep and as often
repeated as it asks for: a few bytes can name a tuple of 2^60 things, or nest one so deep that
Python crashes.
"""

import pickletools
import re

MOST = 5_000_000  # values, each counted as often as it stands somewhere
DEEPEST = 50
GLOBALS = re.compile(
    r"collections OrderedDict"
    r"|torch (\w+Storage|Size|device|u?int\d+|float\d+|bfloat16|bool|complex\d+)"
    r"|torch\.storage (UntypedStorage|TypedStorage)"
    r"|torch\._utils _rebuild_(tensor_v2|parameter)"
)
KEYS = {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1"}
VALUES = {"NONE", "NEWTRUE", "NEWFALSE", "BINFLOAT", "SHORT_BINSTRING", "BINSTRING"}
EMPTY = {"EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE"}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Node:
    """Something on the unpickler's stack: how much there is in it, and how deep."""

    def __init__(self, is_key: bool = False):
        self.is_key, self.size, self.depth = is_key, 1, 0

    def add(self, *others: "_Node") -> "_Node":
        for other in others:
            self.size += other.size
            self.depth = max(self.depth, other.depth + 1)
        if self.size > MOST or self.depth > DEEPEST:
            raise ValueError(f"expected at most {MOST} values and {DEEPEST} levels, got more")
        return self


def check_pickle(data: bytes) -> None:
    """See that a pickle is of tensors, numbers and texts in lists and dictionaries, of some size.

    Raises:
        ValueError: it is of more, or none that torch writes.
    """
    stack: list[_Node] = []
    marks: list[int] = []
    memo: dict[int, _Node] = {}

    def pop_to_mark() -> list[_Node]:
        place = marks.pop()
        items = stack[place:]
        del stack[place:]
        return items

    try:
        for opcode, argument, _ in pickletools.genops(data):
            name = opcode.name
            if name in KEYS or name in VALUES or name in EMPTY:
                stack.append(_Node(name in KEYS))
            elif name == "GLOBAL":
                if not GLOBALS.fullmatch(argument):
                    raise ValueError(f"expected tensors, got {argument}")
                stack.append(_Node())
            elif name == "MARK":
                marks.append(len(stack))
            elif name in ("BINPUT", "LONG_BINPUT"):
                memo[argument] = stack[-1]
            elif name in ("BINGET", "LONG_BINGET"):
                stack.append(memo[argument])
            elif name == "TUPLE":
                stack.append(_Node().add(*pop_to_mark()))
            elif name in TUPLES:
                items = [stack.pop() for _ in range(TUPLES[name])]
                stack.append(_Node().add(*items))
            elif name in ("APPENDS", "SETITEMS"):
                items = pop_to_mark()
                _fill(stack[-1], items, name)
            elif name in ("APPEND", "SETITEM"):
                items = [stack.pop() for _ in range(1 + (name == "SETITEM"))]
                _fill(stack[-1], items[::-1], name)
            elif name == "REDUCE":
                items = [stack.pop(), stack.pop()]
                stack.append(_Node().add(*items))
            elif name == "BUILD":
                stack[-2].add(stack.pop())
            elif name == "BINPERSID":
                stack.append(_Node().add(stack.pop()))
            elif name not in ("PROTO", "STOP"):
                raise ValueError(f"expected a pickle of torch's, got {name} in it")
    except (IndexError, KeyError) as error:
        raise ValueError("expected a pickle of torch's") from error


def _fill(node: _Node, items: list[_Node], name: str) -> None:
    """Put items into a list, or keys and values into a dictionary."""
    if name.startswith("SETITEM") and not all(key.is_key for key in items[::2]):
        raise ValueError("expected texts and numbers for keys, got another value")
    node.add(*items)
