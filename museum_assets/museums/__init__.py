"""The registry of museums: one file each, named by its slug, a declaration (TOML) or a module.

The presence of a declaration registers its museum: in this package, or in the folder that MUSEUM_DECLARATIONS names.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from importlib import import_module
from pathlib import Path

from museum_assets.core.failures import MuseumError
from museum_assets.core.museum_settings import declarations_folder
from museum_assets.museums.declared.load import load
from museum_assets.museums.kiosk_museum import KioskMuseum
from museum_assets.museums.museum import Museum

SLUG = re.compile(r"[a-z][a-z0-9_]{0,19}")
"""Partitions and schedules are named by it."""

MODULES: tuple[str, ...] = ("smk", "met", "rma", "aic")
"""The museums that take a module: their harvest needs several requests a record, or was there before declarations."""

KIOSK_MUSEUMS: tuple[str, ...] = ("lmnh", "lms")
"""Every museum with visitor kiosks."""


BROKEN: dict[str, MuseumError] = {}
"""What is wrong with declarations that are none. They are no museums until mended, and stop no other."""


def _declared() -> dict[str, Path]:
    """Return {slug: file} of every declaration; those of the package go before those of the folder."""
    found: dict[str, Path] = {}
    log = logging.getLogger(__name__)
    for folder in (Path(__file__).parent, declarations_folder()):
        for file in sorted(folder.glob("*.toml")):
            if not SLUG.fullmatch(file.stem):
                log.warning("%s declares no museum: its name is no slug (small letters, digits and _)", file)
            elif file.stem in found or file.stem in (*MODULES, *KIOSK_MUSEUMS):
                log.warning("%s is left out: %s is a museum of the platform's own; rename it", file, file.stem)
            else:
                try:
                    load(file)
                except MuseumError as error:
                    BROKEN[file.stem] = error
                    slug = file.stem
                    log.warning("%s", f"{file} declares no museum: `museum try {slug} --all` says what is wrong")
                else:
                    found[file.stem] = file
    return found


DECLARED: dict[str, Path] = _declared()
"""The file of every declared museum."""

MUSEUMS: tuple[str, ...] = (*MODULES, *DECLARED)
"""Every collection museum."""

BY_KIND: dict[str, tuple[str, ...]] = {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS}
"""The museums of each kind: those with a collection, and those with kiosks."""


def sample_file(slug: str) -> Path:
    """Return the file that holds a declared museum's sample: records as they were sent, one a line.

    Raises MuseumError for another museum.
    """
    if slug in BROKEN:
        raise BROKEN[slug]
    if slug not in DECLARED:
        raise MuseumError(f"{slug} is not declared, so that it has no sample: give a file of its records")
    return DECLARED[slug].with_suffix(".sample.jsonl")


@cache
def museum(slug: str) -> Museum:
    """Return the museum with this slug. Raises MuseumError naming the known ones, DeclarationError for a wrong file."""
    if slug in BROKEN:
        raise BROKEN[slug]
    if slug in DECLARED:
        from museum_assets.museums.declared.museum import declared_museum

        return declared_museum(slug, DECLARED[slug])
    if slug not in MUSEUMS:
        raise MuseumError(
            f"unknown museum {slug!r}: the registry knows {', '.join(MUSEUMS)}, and {declarations_folder().resolve()} "
            f"(MUSEUM_DECLARATIONS) has no {slug}.toml"
        )
    module = import_module(f"museum_assets.museums.{slug}")
    found: Museum = module.MUSEUM
    return found


def kiosks(slug: str) -> KioskMuseum:
    """Return the kiosks of the museum with this slug. Raises MuseumError naming the known ones."""
    if slug not in KIOSK_MUSEUMS:
        raise MuseumError(f"{slug!r} has no kiosks: the registry knows {', '.join(KIOSK_MUSEUMS)}")
    found: KioskMuseum = import_module(f"museum_assets.museums.{slug}").KIOSKS
    return found
