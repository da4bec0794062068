"""The dialects of every museum that can be simulated: those in modules here, and those of declared museums' samples."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from museum_assets.museums import MUSEUMS
from museum_assets.simulator.declared import declared_dialect
from museum_assets.simulator.dialect import Dialect


@cache
def dialects() -> dict[str, Dialect]:
    """Return {slug: dialect}; a museum without a dialect and without a sample is not among them."""
    found = {slug: _written(slug) or declared_dialect(slug) for slug in MUSEUMS}
    return {slug: dialect for slug, dialect in found.items() if dialect}


def _written(slug: str) -> Dialect | None:
    if find_spec(f"museum_assets.simulator.{slug}") is None:
        return None
    for each in vars(import_module(f"museum_assets.simulator.{slug}")).values():
        # Not every module beside this one is a museum's.
        if isinstance(each, type) and issubclass(each, Dialect) and getattr(each, "slug", None) == slug:
            return each()
    return None
