"""Presses for tests of the views and checks, written as a load writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import numpy as np

from museum_assets.kiosk.files.merge import PRESS_ROW
from museum_assets.kiosk.load import LoadCounts, PressOrigin, encode_presses, load_staged, stage_presses
from museum_assets.museums import kiosks
from resources.postgres import Connection

INCIDENT = -1
numbers = count()


def add_presses(
    conn: Connection, slug: str, presses: Iterable[tuple[Any, ...]], origin: PressOrigin = "f"
) -> LoadCounts:
    """Load (local time as ISO text, site, val, type or None); repeats count as presses of their own."""
    museum = kiosks(slug)
    given = list(presses)
    rows = np.zeros(len(given), PRESS_ROW)
    for n, (at, site, val, type_) in enumerate(given):
        instant = datetime.fromisoformat(at).replace(tzinfo=museum.timezone).astimezone(UTC)
        occurrence = next(numbers) % 32_000 + 1
        rows[n] = (round(instant.timestamp() * 1_000_000), site, 0, val, type_ or 0, occurrence, 0)
    with conn.transaction():
        return load_staged(conn, stage_presses(conn, museum, origin, encode_presses(rows)))


def add_file(conn: Connection, slug: str, key: str, loaded: int, *, etag: str = "e", kind: str = "history") -> None:
    """Write the outcome of a file whose every row was loaded."""
    conn.execute(
        "INSERT INTO kiosk.file (museum, key, etag, kind, bytes, last_modified, outcome, rows_read, loaded)"
        " VALUES (%s, %s, %s, %s, 1, now(), 'loaded', %s, %s)",
        (slug, key, etag, kind, loaded, loaded),
    )
