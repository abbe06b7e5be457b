"""What the numbers were measured on, and writing them down."""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Versions and cores; imports nothing, so that the process stays small."""
    return {
        "python": platform.python_version(),
        "torch": version("torch"),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
    }


def write(report: dict[str, Any], file: Path) -> None:
    """As JSON, making the folder where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2))
