"""The registry of museums: one module each, named by its slug."""

from __future__ import annotations

from importlib import import_module

from museum_assets.core.failures import MuseumError
from museum_assets.museums.kiosk_museum import KioskMuseum
from museum_assets.museums.museum import Museum

MUSEUMS: tuple[str, ...] = ("smk", "met", "rma", "cma", "aic", "tate")
"""Every collection museum. Adding one means adding its module and its slug here; all else follows."""


KIOSK_MUSEUMS: tuple[str, ...] = ("lmnh", "lms")
"""Every museum with visitor kiosks."""


BY_KIND: dict[str, tuple[str, ...]] = {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS}
"""The museums of each kind: those with a collection, and those with kiosks."""


def museum(slug: str) -> Museum:
    """Return the museum with this slug. Raises MuseumError naming the known ones."""
    if slug not in MUSEUMS:
        raise MuseumError(f"unknown museum {slug!r}: the registry knows {', '.join(MUSEUMS)}")
    module = import_module(f"museum_assets.museums.{slug}")
    found: Museum = module.MUSEUM
    return found


def kiosks(slug: str) -> KioskMuseum:
    """Return the kiosks of the museum with this slug. Raises MuseumError naming the known ones."""
    if slug not in KIOSK_MUSEUMS:
        raise MuseumError(f"{slug!r} has no kiosks: the registry knows {', '.join(KIOSK_MUSEUMS)}")
    found: KioskMuseum = import_module(f"museum_assets.museums.{slug}").KIOSKS
    return found
