"""Dagster's instance, as `dagster.yaml` in its home describes it."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

STORAGE = """\

# Dagster keeps its own database, apart from the platform's: backups, upgrades and load do not mix.
storage:
  custom:
    module: resources.dagster_storage
    class: PlatformStorage
    config:
      postgres_url:
        env: DAGSTER_POSTGRES_URL
"""
"""Not in the file itself: `dagster dev` and `dg` in a checkout read that, and would fail without the variable."""


def configuration() -> str:
    """Return the text of `dagster.yaml` with the storage that the platform uses."""
    return (files("museum_assets") / "dagster.yaml").read_text(encoding="utf-8") + STORAGE


def write_configuration(home: Path) -> None:
    """Make the home of the instance, or bring its `dagster.yaml` up to date."""
    home.mkdir(exist_ok=True)
    # Renamed: a process of Dagster that reads it at this moment finds a whole one, also while others write it.
    unfinished = home / f"dagster.yaml.{os.getpid()}.unfinished"
    unfinished.write_text(configuration(), encoding="utf-8")
    unfinished.replace(home / "dagster.yaml")
