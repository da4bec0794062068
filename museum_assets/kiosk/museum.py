"""What a kiosk museum is: where its files lie, when it is open, and what its buttons mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from zoneinfo import ZoneInfo

RATINGS: Mapping[int, str] = {0: "Terrible", 1: "Bad", 2: "Neutral", 3: "Good", 4: "Amazing"}
INCIDENTS: Mapping[int, str] = {0: "assistance", 1: "emergency"}
INCIDENT = -1
"""The `val` of a press that is no rating: its `type` says which incident."""


@dataclass(frozen=True)
class KioskMuseum:
    """One museum's kiosks. Its file patterns are shell patterns within a key's last segment."""

    slug: str
    name: str
    bucket: str
    timezone: ZoneInfo
    opens: time
    closes: time
    """Inclusive, in the offset that a message carries."""
    prefix: str = ""
    closed_on: frozenset[int] = frozenset()
    """Weekdays without visitors, Monday 1 to Sunday 7: no data is missed on them."""
    ratings: Mapping[int, str] = field(default_factory=lambda: RATINGS)
    incidents: Mapping[int, str] = field(default_factory=lambda: INCIDENTS)

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
        return self.slug


def exhibition_code(site: int) -> str:
    """Return the code of the exhibition at this site: site 4 is EXH_04.

    The system this replaces took the order in which exhibitions were inserted, and swapped the best with the worst.
    """
    return f"EXH_{site:02d}"


def site_of(code: str) -> int:
    """Return the site that an exhibition's code names."""
    return int(code.removeprefix("EXH_"))


def exhibition_id(site: int) -> int:
    """Return the exhibition's id by construction, whatever the order in which its file arrives."""
    return site + 1
