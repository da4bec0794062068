"""Copies the registry's kiosk museums into the database whenever the platform starts."""

from __future__ import annotations

from museum_assets.kiosk.load import ensure_labels
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.postgres import Connection, Database
from sql import query


def register_all(database: Database) -> None:
    """Make `kiosk.museum` and every museum's labels equal to the registry. Raises DatabaseUnavailable."""
    with database.connect() as conn, conn.transaction():
        for slug in KIOSK_MUSEUMS:
            register(conn, kiosks(slug))


def register(conn: Connection, museum: KioskMuseum) -> None:
    """Write one museum's timezone, opening times, first day and labels. Unchanged rows are not rewritten."""
    values = {
        "museum": museum.slug,
        "name": museum.name,
        "timezone": museum.timezone.key,
        "opens": museum.opens,
        "closes": museum.closes,
        "closed_on": sorted(museum.closed_on),
        "since": museum.since,
    }
    conn.execute(query("kiosk_exhibitions.register"), values)
    ensure_labels(conn, museum)
