"""A kiosk museum: the bucket of its files, its opening times, and the meaning of its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

RATINGS: Mapping[int, str] = {0: "Terrible", 1: "Bad", 2: "Neutral", 3: "Good", 4: "Amazing"}
INCIDENTS: Mapping[int, str] = {0: "assistance", 1: "emergency"}
INCIDENT = -1
"""The `val` of an incident; its `type` says which one."""
CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far a kiosk's clock may run ahead of the server's. Up to a second was seen in practice."""


@dataclass(frozen=True)
class KioskMuseum:
    """One museum's kiosks. A file pattern is a shell pattern for the last segment of a key."""

    slug: str
    name: str
    bucket: str
    timezone: ZoneInfo
    opens: time
    closes: time
    """Opening and closing time, both inclusive. A message's time is compared in the offset that it carries."""
    prefix: str = ""
    """Of the keys in the bucket."""
    topic_prefix: str = ""
    closed_on: frozenset[int] = frozenset()
    """Weekdays without visitors, Monday 1 to Sunday 7. No check expects presses on them."""
    since: date = date(2000, 1, 1)
    """The first day on which it may have had kiosks. A press of an earlier day is a fault of a clock or of a file."""
    ratings: Mapping[int, str] = field(default_factory=lambda: RATINGS)
    incidents: Mapping[int, str] = field(default_factory=lambda: INCIDENTS)

    def plausible_times(self, now: datetime) -> tuple[datetime, datetime]:
        """Return (the earliest, the latest) time that a press may have; `now` has a timezone.

        One press of the year 1 once made 739,179 open days without data.
        """
        return datetime.combine(self.since, time(), self.timezone), now + CLOCK_TOLERANCE

    @property
    def exhibition_pattern(self) -> str:
        """Pattern of the exhibition files: one JSON object each."""
        return f"{self.slug}_exhibition_*.json"

    @property
    def history_pattern(self) -> str:
        """Pattern of the history files: CSV with at, site, val and type."""
        return f"{self.slug}_hist_data_*.csv"

    @property
    def topic(self) -> str:
        """Kafka topic of the live stream."""
        return f"{self.topic_prefix}{self.slug}"


def exhibition_code(site: int) -> str:
    """Return the code of the exhibition at this site: site 4 is EXH_04.

    A system that numbered exhibitions in the order of their insertion swapped the best with the worst.
    """
    return f"EXH_{site:02d}"


def site_of(code: str) -> int:
    """Return the site that an exhibition's code names."""
    return int(code.removeprefix("EXH_"))


def exhibition_id(site: int) -> int:
    """Return the id of the exhibition at this site. It does not depend on the order in which files arrive."""
    return site + 1
