"""The YAML files of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


def read_file(name: str) -> dict[str, Any]:
    """One file of the town as it is written."""
    entries: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return entries
