"""The platform's version, which stands in pyproject.toml alone."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

DISTRIBUTION = "museum-data-platform"
ROOT = Path(__file__).parents[2]
"""The root of a checkout; of no use when the package is installed."""


@cache
def version() -> str:
    """Return the version of the installed package, or that of the checkout when none is installed."""
    try:
        return installed_version(DISTRIBUTION)
    except PackageNotFoundError:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])
