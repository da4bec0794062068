"""Reading one message of the live stream: a press, or every reason why it is none."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from museum_assets.kiosk.museum import INCIDENT, KioskMuseum

CLOCK_TOLERANCE = timedelta(seconds=5)
"""Kiosk clocks run ahead of the server's: events up to a second early were seen to break a database constraint."""


@dataclass(frozen=True, slots=True)
class Press:
    """A visitor pressed a button. `type` is None for a rating."""

    at: datetime
    site: int
    val: int
    type: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is no press: every reason that applies, in the order of its keys."""

    reasons: tuple[str, ...]


def read_message(body: bytes, museum: KioskMuseum, sites: AbstractSet[int], now: datetime) -> Press | Refusal:
    """Return the press in a message, or the refusal. `sites` are the museum's known ones; `now` is aware.

    Coming from kiosks that fail in every way, a value is taken for what it is and never converted: `true`, 3.0 and
    "3" are no integers. Only `site` is text, as the kiosks send it.
    """
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Refusal(("not_json",))
    if not isinstance(message, dict):
        return Refusal(("not_an_object",))
    at, wrong_at = _at(message, museum, now)
    site, wrong_site = _site(message, sites)
    val, wrong_val = _integer(message, "val", {INCIDENT, *museum.ratings})
    type_, wrong_type = _type(message, val, museum)
    reasons = (*wrong_at, *wrong_site, *wrong_val, *wrong_type)
    if reasons or at is None or site is None or val is None:
        return Refusal(reasons)
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
    # Of the day as the kiosk's own clock shows it: in summer it is an hour ahead of UTC.
    outside = () if museum.opens <= at.time() <= museum.closes else ("outside_opening_hours",)
    return at, (*outside, *(("in_the_future",) if at > now + CLOCK_TOLERANCE else ()))


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
    # Without a readable val nobody knows whether a type belongs there; a broken one is broken either way.
    return None, _integer(message, "type", set(museum.incidents))[1]
