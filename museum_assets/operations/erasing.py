"""Erasing a home: everything that the platform keeps on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from resources.embedded import postgres_files
from resources.embedded.services import exclusive, stop_services, users

MARKS = ("postgres", "services.lock", "users", "s3.json")
"""One of these is in every home that was ever used."""


class HomeInUse(MuseumError):
    """A process works with the home."""


class NoHome(MuseumError):
    """The folder is not a home of the platform."""


def places(settings: Settings) -> list[Path]:
    """Return the existing directories that hold what this home has on this machine. Raises NoHome."""
    home = settings.home
    if not home.exists():
        return []
    if any(home.iterdir()) and not any((home / mark).exists() for mark in MARKS):
        raise NoHome(f"{home} holds other things than a home of the platform, so nothing was deleted")
    data = postgres_files.data_directory(home)
    beside = [] if data.is_relative_to(home) else [data.parent]
    return [home, *(place for place in beside if place.exists())]


def erase(settings: Settings) -> list[Path]:
    """Stop the services of a home and delete it with its databases; return what was deleted.

    Databases, buckets and an index elsewhere stay as they are. Raises HomeInUse while a process works with the home,
    NoHome, and EmbeddedServiceError.
    """
    found = places(settings)
    if not found:
        return []
    with exclusive(settings.home):
        if users(settings.home):
            raise HomeInUse(f"A process works with {settings.home}: stop it, then run `museum erase` again")
        stop_services(settings.home)
    # The home goes last: it holds the link to what lies beside it.
    for place in reversed(found):
        shutil.rmtree(place)
    return found
