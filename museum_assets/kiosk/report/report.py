"""The exhibition report of one museum, read from the database's views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import DictRow

from resources.postgres import Connection
from sql import query

REPORT_TABLES: dict[str, LiteralString] = {
    "exhibitions": query("kiosk_report.exhibitions"),
    "ratings": query("kiosk_report.ratings"),
    "incidents by type": query("kiosk_report.incidents"),
    "departments": query("kiosk_report.departments"),
    "floors": query("kiosk_report.floors"),
    "hours": query("kiosk_report.hours"),
    "busiest hours": query("kiosk_report.busiest_hours"),
    "before and after 13:00": query("kiosk_report.half_days"),
    "days": query("kiosk_report.days"),
    "weeks": query("kiosk_report.weeks"),
}
"""Title of each table in a report, and the query that reads it."""
LATEST = 31
"""At most this many days and weeks, the latest ones; the views have them all."""


@dataclass(frozen=True, slots=True)
class Report:
    """One museum's feedback. `scale` names the scale of the averages, such as `0 Terrible to 4 Amazing`."""

    slug: str
    scale: str
    tables: dict[str, list[DictRow]]

    @property
    def reviews(self) -> int:
        """How many ratings there are."""
        return sum(row["reviews"] for row in self.tables["exhibitions"])

    @property
    def incidents(self) -> int:
        """How many calls for assistance and emergencies there are."""
        return sum(row["incidents"] for row in self.tables["exhibitions"])

    @property
    def presses(self) -> int:
        """How many reviews and incidents there are."""
        return self.reviews + self.incidents

    @property
    def average(self) -> float | None:
        """The mean of all ratings, or None when there are none."""
        rated = [row for row in self.tables["exhibitions"] if row["reviews"]]
        return sum(row["average rating"] * row["reviews"] for row in rated) / self.reviews if rated else None

    @property
    def best_liked(self) -> str | None:
        """Name and average of the exhibition with the highest average, or None when nothing is rated."""
        return self._exhibition(max)

    @property
    def least_liked(self) -> str | None:
        """Name and average of the exhibition with the lowest average, or None when nothing is rated."""
        return self._exhibition(min)

    def _exhibition(self, choose: Callable[..., DictRow]) -> str | None:
        rated = [row for row in self.tables["exhibitions"] if row["reviews"]]
        if not rated:
            return None
        found = choose(rated, key=lambda row: row["average rating"])
        return f"{found['exhibition']} ({found['average rating']:.2f})"


def read_report(conn: Connection, slug: str) -> Report:
    """Return a museum's report, all its views read in one snapshot."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        params = {"museum": slug, "latest": LATEST}
        tables = {name: conn.execute(statement, params).fetchall() for name, statement in REPORT_TABLES.items()}
        found = conn.execute("SELECT scale FROM kiosk.rating_scale WHERE museum = %s", (slug,)).fetchone()
    # The view ranks every opening hour, also those without a press.
    tables["busiest hours"] = [row for row in tables["busiest hours"] if row["presses"]]
    return Report(slug, found["scale"] if found else "no ratings", tables)
