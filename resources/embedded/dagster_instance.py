"""Dagster's instance, as `dagster.yaml` in its home describes it."""

from __future__ import annotations

import errno
import os
from importlib.resources import files
from pathlib import Path

from museum_assets.core.settings import Settings

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

COMPUTE_LOGS = """\

compute_logs:
  module: resources.dagster_compute_logs
  class: PlatformComputeLogs
"""


def configuration(settings: Settings | None = None) -> str:
    """Return the text of `dagster.yaml` with the storage that the platform uses, and where runs' output is kept."""
    logs = COMPUTE_LOGS if settings and settings.compute_logs_s3 else ""
    return (files("museum_assets") / "dagster.yaml").read_text(encoding="utf-8") + STORAGE + logs


def write_configuration(home: Path, settings: Settings | None = None) -> None:
    """Make the home of the instance, or bring its `dagster.yaml` up to date. One that is mounted stays as it is."""
    home.mkdir(exist_ok=True)
    # Renamed: a process of Dagster that reads it at this moment finds a whole one, also while others write it.
    unfinished = home / f"dagster.yaml.{os.getpid()}.unfinished"
    unfinished.write_text(configuration(settings), encoding="utf-8")
    try:
        unfinished.replace(home / "dagster.yaml")
    except OSError as error:
        unfinished.unlink()
        # A cluster's own, with its run launcher (deploy/kubernetes/dagster.yaml).
        if error.errno != errno.EBUSY:
            raise
