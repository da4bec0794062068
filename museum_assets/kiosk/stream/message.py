"""Reads one message of the live stream: a press, or every reason to refuse it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from museum_assets.museums.kiosk_museum import INCIDENT, KioskMuseum


@dataclass(frozen=True, slots=True)
class Press:
    """A visitor pressed a button. `type` is None for a rating."""

    at: datetime
    site: int
    val: int
    type: int | None


@dataclass(frozen=True, slots=True)
class RefusalReasons:
    """Why a message or an exhibition file was refused: every code that applies, in the order of the keys."""

    reasons: tuple[str, ...]


def read_message(body: bytes, museum: KioskMuseum, sites: AbstractSet[int], now: datetime) -> Press | RefusalReasons:
    """Return the press in a message, or the reasons to refuse it. `sites` are the known ones; `now` has a timezone.

    Faulty kiosks send any JSON, so values are never converted: `true`, 3.0 and "3" are not integers. Only `site` may
    be text, because kiosks send it so.
    """
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return RefusalReasons(("not_json",))
    if not isinstance(message, dict):
        return RefusalReasons(("not_an_object",))
    at, wrong_at = _at(message, museum, now)
    site, wrong_site = _site(message, sites)
    val, wrong_val = _integer(message, "val", {INCIDENT, *museum.ratings})
    type_, wrong_type = _type(message, val, museum)
    reasons = (*wrong_at, *wrong_site, *wrong_val, *wrong_type)
    if reasons or at is None or site is None or val is None:
        return RefusalReasons(reasons)
    return Press(at, site, val, type_)


def _at(message: dict[str, Any], museum: KioskMuseum, now: datetime) -> tuple[datetime | None, tuple[str, ...]]:
    if "at" not in message:
        return None, ("missing_at",)
    try:
        at = datetime.fromisoformat(message["at"])
    except (TypeError, ValueError):
        return None, ("at_not_a_time",)
    if at.tzinfo is None:
        return None, ("at_without_offset",)
    # By the kiosk's own clock, which is an hour ahead of UTC in summer.
    outside = () if museum.opens <= at.time() <= museum.closes else ("outside_opening_hours",)
    earliest, latest = museum.plausible_times(now)
    early, late = (("before_the_kiosks",) if at < earliest else ()), (("in_the_future",) if at > latest else ())
    return at, (*outside, *early, *late)


def _site(message: dict[str, Any], sites: AbstractSet[int]) -> tuple[int | None, tuple[str, ...]]:
    if "site" not in message:
        return None, ("missing_site",)
    site = message["site"]
    if isinstance(site, str) and site.isascii() and site.isdigit() and len(site) < 10:
        site = int(site)
    if type(site) is not int:
        return None, ("site_not_a_number",)
    return (site, ()) if site in sites else (None, ("unknown_site",))


def _integer(message: dict[str, Any], key: str, allowed: AbstractSet[int]) -> tuple[int | None, tuple[str, ...]]:
    if key not in message:
        return None, (f"missing_{key}",)
    value = message[key]
    if type(value) is not int:  # bool is an int to isinstance
        return None, (f"{key}_not_an_integer",)
    return (value, ()) if value in allowed else (None, (f"{key}_out_of_range",))


def _type(message: dict[str, Any], val: int | None, museum: KioskMuseum) -> tuple[int | None, tuple[str, ...]]:
    if val == INCIDENT:
        return _integer(message, "type", set(museum.incidents))
    if "type" not in message:
        return None, ()
    if val is not None:
        return None, ("type_on_a_rating",)
    # Without a readable val it is open whether a type is allowed; a type out of range is refused either way.
    return None, _integer(message, "type", set(museum.incidents))[1]
