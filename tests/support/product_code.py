"""The code of the platform itself, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("museum_assets", "resources", "partitions", "sensors", "sql")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of the platform, by its path from the repository's root."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))
