"""What a full harvest of a museum will take, told before it by the API's own counts, and compared with it after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from museum_assets.archive_files.opening import open_client
from museum_assets.core.addresses import host_of
from museum_assets.museums import museum
from resources.platform import Platform

NO_SIZE = "its dump is one download, whose size the server does not say"
NOT_LISTED = "which objects of its dump are open, and are asked for one by one, only the dump says"
NOT_COUNTED = "its API does not count what it has"


@dataclass(frozen=True, slots=True)
class HarvestPlan:
    """What a full harvest will send and receive; None is what nobody knows before, as `unknown` says.

    `seconds` is what the museum's pace takes, of all runs together, as it is now. `asked` counts the plan's own
    requests.
    """

    museum: str
    requests: int | None
    entries: int | None
    bytes: int | None
    seconds: float | None
    pace: float
    asked: int
    unknown: str | None = None


def plan_harvest(platform: Platform, slug: str) -> HarvestPlan:
    """Ask a museum's API how much there is, and return what a full harvest takes.

    It costs a page of each scope; of MET, whose listings overlap, all listings and ten objects. Raises Failure.
    """
    chosen = museum(slug)
    with open_client(platform, slug) as api:
        pace = _pace(platform, slug)
        if api.dump is not None:
            if chosen.refetches:
                return HarvestPlan(slug, None, None, None, None, pace, 0, NOT_LISTED)
            size = api.dump.announced()
            return HarvestPlan(slug, 1, None, size, None, pace, 1, NO_SIZE if size is None else None)
        requests, entries, received, counted = 0, 0, 0.0, True
        sent_before, bytes_before = api.requests, api.bytes
        first = api.requests
        for leg in chosen.legs(api):
            requests += api.requests - sent_before if leg.requests is None else leg.requests
            entries += leg.entries or 0
            received += (api.bytes - bytes_before) / leg.share
            counted = counted and (leg.entries is not None or leg.requests is not None)
            sent_before, bytes_before = api.requests, api.bytes
        asked = api.requests - first
    if not asked or not counted:
        return HarvestPlan(slug, None, None, None, None, pace, asked, NOT_COUNTED)
    return HarvestPlan(slug, requests, entries, round(received), requests / pace, pace, asked)


def _pace(platform: Platform, slug: str) -> float:
    """Return how many requests a second the museum's host gets now: less than usual after it asked for that."""
    chosen, overrides = museum(slug), platform.overrides(slug)
    usual = overrides.requests_per_second or chosen.requests_per_second
    host = host_of(overrides.api_base or chosen.api_base)
    with platform.database().connect() as conn:
        row = conn.execute("SELECT rate FROM ops.host_rate WHERE host = %s", (host,)).fetchone()
    return min(float(row["rate"]), usual) if row else usual


def plan_and_fact(planned: Mapping[str, Any], happened: Mapping[str, float]) -> str:
    """Return a table in Markdown of what was planned beside what happened, such as requests and bytes."""
    lines = [
        f"| {name} | {_shown(planned.get(name))} | {_shown(fact)} | {_off(planned.get(name), fact)} |"
        for name, fact in happened.items()
    ]
    return "\n".join(["| | planned | happened | off by |", "|---|---|---|---|", *lines])


def _shown(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.0f}"


def _off(planned: float | None, fact: float) -> str:
    return "" if not planned else f"{(fact - planned) / planned:+.0%}"
