"""What can go wrong with a museum's server, and when: settings, and a deterministic choice for each request.

A fault that passes (429, 5xx, a time-out, a cut body) is chosen anew for each attempt at the same URL, so that a
retry can succeed. A fault of a thing (a broken image) is chosen once for the URL, so that a retry meets it again.
Neither depends on the order in which requests arrive.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from museum_assets.museums import MUSEUMS
from museum_assets.simulator.hostile import Poison

Rate = Annotated[float, Field(ge=0, le=1)]


class MuseumFaults(BaseModel):
    """One museum's faults; the defaults are a server in perfect health. Rates are shares of requests, 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strikes: Literal["api", "images", "both"] = "both"
    """Where the faults down to `delay_seconds` happen: a museum's image host fails independently of its API."""
    too_many_requests: Rate = 0
    retry_after: int = Field(default=1, ge=0)
    """Seconds in the 429's Retry-After."""
    server_errors: Rate = 0
    fail_next: int = Field(default=0, ge=0)
    """The next so many requests of this museum get 503, the ones after them succeed."""
    bot_wall_after: int | None = Field(default=None, ge=0)
    """More requests than this within one second get 403 and an HTML page, for `bot_wall_seconds`."""
    bot_wall_seconds: float = Field(default=30, ge=0)
    delayed: Rate = 0
    delay_seconds: float = Field(default=30, ge=0)

    truncated: Rate = 0
    """API bodies whose connection is cut half way through what Content-Length promised."""
    malformed: Rate = 0
    """API bodies that are complete and broken JSON or XML."""
    html_answers: Rate = 0
    """API answers that are an HTML page with status 200, as services send when they have too much to do."""

    html_images: Rate = 0
    empty_images: Rate = 0
    truncated_images: Rate = 0
    bomb_images: Rate = 0
    """A small file that decodes to 900 megapixels."""
    redirected_images: Rate = 0
    """Redirects to an address inside the reader's own network."""

    duplicates: Rate = 0
    """Pages that start with the last record of the page before, beside their own."""
    short_pages: Rate = 0
    missing_per_page: int = Field(default=1, ge=1)
    padding: int = Field(default=0, ge=0)
    """Characters added to each record, for huge pages."""

    vanished: frozenset[str] = frozenset()
    """Internal ids of objects that are no longer there."""
    changed: Mapping[str, int] = Field(default_factory=dict)
    """Internal id to version: another title and a later date of change for each version."""
    hostile: Mapping[str, Poison] = Field(default_factory=dict)
    """Internal id to what is wrong with that record, in every answer that holds it; see `hostile.Poison`."""
    edm_shape: Literal["flat", "nested"] = "flat"
    """RMA only: the EDM of after or before June 2026 (museum_apis.md 5b)."""


class FaultKind(StrEnum):
    """What happens to one request."""

    SLOW_DOWN = "slow_down"
    SERVER_ERROR = "server_error"
    BOT_WALL = "bot_wall"
    DELAY = "delay"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    HTML_ANSWER = "html_answer"
    HTML_IMAGE = "html_image"
    EMPTY_IMAGE = "empty_image"
    TRUNCATED_IMAGE = "truncated_image"
    BOMB_IMAGE = "bomb_image"
    REDIRECTED_IMAGE = "redirected_image"


_PASSING = (
    ("too_many_requests", FaultKind.SLOW_DOWN),
    ("server_errors", FaultKind.SERVER_ERROR),
    ("delayed", FaultKind.DELAY),
)
_BODIES = (
    ("truncated", FaultKind.TRUNCATED),
    ("malformed", FaultKind.MALFORMED),
    ("html_answers", FaultKind.HTML_ANSWER),
)
_IMAGES = (
    ("html_images", FaultKind.HTML_IMAGE),
    ("empty_images", FaultKind.EMPTY_IMAGE),
    ("truncated_images", FaultKind.TRUNCATED_IMAGE),
    ("bomb_images", FaultKind.BOMB_IMAGE),
    ("redirected_images", FaultKind.REDIRECTED_IMAGE),
)


class Faults:
    """The faults of all museums, or of whatever `servers` there are; changeable while they run."""

    def __init__(
        self,
        seed: int = 1,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        servers: Sequence[str] = MUSEUMS,
    ) -> None:
        """`settings` maps a museum's slug, or `all`, to fields of `MuseumFaults`. Raises ValueError as `set` does."""
        self.seed = seed
        self.servers = servers
        self.generation = 0
        self._faults = {museum: MuseumFaults() for museum in servers}
        self._failures_left: Counter[str] = Counter()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._arrivals: dict[str, deque[float]] = {museum: deque() for museum in servers}
        self._wall_until = dict.fromkeys(servers, 0.0)
        self._since: dict[tuple[str, str], datetime] = {}
        for museum, changes in (settings or {}).items():
            self.set(museum, **changes)

    def of(self, museum: str) -> MuseumFaults:
        """Return one museum's current faults."""
        return self._faults[museum]

    def set(self, museum: str, **changes: Any) -> None:
        """Change some fields for one museum, or for `all`.

        Raises ValueError (pydantic's is one) for an unknown museum, field or value.
        """
        if museum != "all" and museum not in self.servers:
            raise ValueError(f"unknown museum {museum!r} in the faults: use one of {', '.join(self.servers)} or all")
        for slug in self.servers if museum == "all" else (museum,):
            old = self._faults[slug]
            new = MuseumFaults.model_validate(old.model_dump() | changes)
            self._remember_when(slug, old, new)
            self._faults[slug] = new
            if "fail_next" in changes:
                self._failures_left[slug] = new.fail_next
        self.generation += 1

    def clear(self) -> None:
        """Heal everything: objects come back, changed ones return to their first version."""
        for museum in self.servers:
            self.set(museum, **MuseumFaults().model_dump())
            self._wall_until[museum] = 0.0
            self._arrivals[museum].clear()
        self._attempts.clear()

    def dated(self, museum: str) -> dict[str, datetime]:
        """Return when each object that ever vanished, changed or came back last did so, by internal id."""
        # A copy: a test's thread may date another object while the server's thread reads.
        dated = list(self._since.items())
        return {record_id: when for (slug, record_id), when in dated if slug == museum}

    def strike(self, museum: str, url: str, *, image: bool) -> FaultKind | None:
        """Decide what happens to one request; counts it for the bot wall and for `fail_next`."""
        faults = self._faults[museum]
        attempt = self._attempt(museum, faults, url)
        if faults.strikes in ("both", "images" if image else "api"):
            if self._behind_wall(museum, faults):
                return FaultKind.BOT_WALL
            if self._failures_left[museum] > 0:
                self._failures_left[museum] -= 1
                return FaultKind.SERVER_ERROR
            if trouble := self._first(museum, faults, _PASSING, url, attempt):
                return trouble
        if image:
            return self._first(museum, faults, _IMAGES, url, 0)
        return self._first(museum, faults, _BODIES, url, attempt)

    def chance(self, rate: float, *what: object) -> bool:
        """Throw a die with this rate, always falling the same way for the same seed and words."""
        if rate == 0:
            return False
        digest = blake2b(repr((self.seed, *what)).encode(), digest_size=8).digest()
        return int.from_bytes(digest) < rate * 2**64

    def _first(
        self, museum: str, faults: MuseumFaults, table: tuple[tuple[str, FaultKind], ...], url: str, attempt: int
    ) -> FaultKind | None:
        for field, trouble in table:
            if self.chance(getattr(faults, field), museum, field, url, attempt):
                return trouble
        return None

    def _attempt(self, museum: str, faults: MuseumFaults, url: str) -> int:
        # Counted only where it matters: a benchmark in good health asks for a million URLs once each.
        if not any(getattr(faults, field) for field, _ in (*_PASSING, *_BODIES)):
            return 0
        self._attempts[museum, url] += 1
        return self._attempts[museum, url]

    def _behind_wall(self, museum: str, faults: MuseumFaults) -> bool:
        if faults.bot_wall_after is None:
            return False
        now = time.monotonic()
        if now < self._wall_until[museum]:
            return True
        arrivals = self._arrivals[museum]
        arrivals.append(now)
        while arrivals[0] < now - 1:
            arrivals.popleft()
        if len(arrivals) <= faults.bot_wall_after:
            return False
        self._wall_until[museum] = now + faults.bot_wall_seconds
        arrivals.clear()
        return True

    def _remember_when(self, museum: str, old: MuseumFaults, new: MuseumFaults) -> None:
        """Date each object's change with the clock: an incremental harvest asks for what changed since its last one."""
        versions = set(old.changed.items()) ^ set(new.changed.items())
        for record_id in {record_id for record_id, _ in versions} | (old.vanished ^ new.vanished):
            self._since[museum, record_id] = datetime.now(UTC).replace(microsecond=0)
