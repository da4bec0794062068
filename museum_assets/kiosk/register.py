"""What the database has to know of the kiosk museums: written from the registry whenever the platform starts."""

from __future__ import annotations

from museum_assets.kiosk.load import ensure_types
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from resources.postgres import Connection, Database
from sql import query


def register_all(database: Database) -> None:
    """Bring `kiosk.museum` and the labels of every museum to what the registry says. Raises DatabaseUnavailable."""
    with database.connect() as conn, conn.transaction():
        for slug in KIOSK_MUSEUMS:
            register(conn, kiosks(slug))


def register(conn: Connection, museum: KioskMuseum) -> None:
    """Write one museum's clock, opening times and labels; unchanged rows are left alone."""
    values = {
        "museum": museum.slug,
        "name": museum.name,
        "timezone": museum.timezone.key,
        "opens": museum.opens,
        "closes": museum.closes,
        "closed_on": sorted(museum.closed_on),
    }
    conn.execute(query("kiosk_register"), values)
    ensure_types(conn, museum)
