"""What a curator looks at: the views of the database, read for one museum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from resources.postgres import Connection
from sql import query

Row = dict[str, Any]

TABLES: dict[str, str] = {
    "exhibitions": "kiosk_view_exhibitions",
    "ratings": "kiosk_view_ratings",
    "incidents by type": "kiosk_view_incidents",
    "departments": "kiosk_view_departments",
    "floors": "kiosk_view_floors",
    "hours": "kiosk_view_hours",
    "busiest hours": "kiosk_view_busiest_hours",
    "before and after 13:00": "kiosk_view_half_days",
    "days": "kiosk_view_days",
    "weeks": "kiosk_view_weeks",
}
"""The tables of a report and the queries that read them."""
LATEST = 31
"""Days and weeks shown, the latest ones: the views have them all."""


@dataclass(frozen=True, slots=True)
class Report:
    """One museum's feedback. `scale` names what averages are on, such as `0 Terrible to 4 Amazing`."""

    museum: str
    scale: str
    tables: dict[str, list[Row]]

    @property
    def reviews(self) -> int:
        """How many ratings there are."""
        return sum(row["reviews"] for row in self.tables["exhibitions"])

    @property
    def incidents(self) -> int:
        """How many calls for assistance and emergencies there are."""
        return sum(row["incidents"] for row in self.tables["exhibitions"])

    @property
    def average(self) -> float | None:
        """The mean of all ratings, None without any."""
        rated = [row for row in self.tables["exhibitions"] if row["reviews"]]
        return sum(row["average rating"] * row["reviews"] for row in rated) / self.reviews if rated else None

    def best(self, choose: Callable[..., Row]) -> str | None:
        """Return the name and average of the exhibition that `max` or `min` of the averages is, None without any."""
        rated = [row for row in self.tables["exhibitions"] if row["reviews"]]
        if not rated:
            return None
        found = choose(rated, key=lambda row: row["average rating"])
        return f"{found['exhibition']} ({found['average rating']:.2f})"


def read_report(conn: Connection, museum: str) -> Report:
    """Read a museum's views, all at one moment. Memory: one row per exhibition and button, hour, day or week."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        params = {"museum": museum, "latest": LATEST}
        tables = {name: conn.execute(query(source), params).fetchall() for name, source in TABLES.items()}
        found = conn.execute("SELECT scale FROM kiosk.rating_scale WHERE museum = %s", (museum,)).fetchone()
    return Report(museum, found["scale"] if found else "no ratings", tables)
