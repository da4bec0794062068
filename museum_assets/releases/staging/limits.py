"""How far a candidate may differ from what is live before a person has to say so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from museum_assets.core.profiles import SettingsError
from resources.platform import Platform


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares from 0 to 1: `rows` is how much a table may shrink, the others how much the missing share may grow."""

    rows: float = 0.1
    titles: float = 0.05
    artists: float = 0.05
    thumbnails: float = 0.05


def limits(platform: Platform, museum: str) -> Limits:
    """Return a museum's limits: RELEASE_DRIFT, and over it MUSEUM_DRIFT_<SLUG>. Raises SettingsError."""
    common = parsed(platform.settings.release_drift, Limits(), "RELEASE_DRIFT")
    own = platform.overrides(museum).drift
    return parsed(own, common, f"MUSEUM_DRIFT_{museum.upper()}") if own else common


def parsed(text: str, base: Limits, variable: str) -> Limits:
    """Return `base` with what the text names, such as `rows=0.3,titles=0.1`. Raises SettingsError."""
    given = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        try:
            given[name] = float(value)
        except ValueError:
            given[name] = -1.0
        if name not in Limits.__slots__ or not 0 <= given[name] <= 1:
            known = ", ".join(f"{slot}=0.1" for slot in Limits.__slots__)
            raise SettingsError(f"{variable}: {part!r} is none of {known}, with a share from 0 to 1")
    return replace(base, **given)
