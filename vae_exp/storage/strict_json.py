"""JSON that every reader takes: what is not a finite number becomes null."""

import json
import math
from typing import Any


def dumps(value: Any, indent: int | None = None) -> str:
    """As ``json.dumps``, which would write NaN and Infinity as no standard has them."""
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(child) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(child) for child in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
