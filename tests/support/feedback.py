"""A history file of three presses, and what the tables hold after a load."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from museum_assets.dead_letters.letters import StoredLetter, open_letters
from museum_assets.kiosk import checks
from tests.support.kiosk_files import HEADER, Kiosks
from tests.support.kiosk_tables import presses

ROWS = "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:01,1,-1,0.0\n2023-03-06 10:00:02,1,0,\n"


HISTORY = HEADER + ROWS


def stored(kiosks: Kiosks) -> list[tuple[Any, ...]]:
    with kiosks.database.connect() as conn:
        found = presses(conn, kiosks.museum.slug)
        balance = checks.books_agree(conn, kiosks.museum.slug)
    assert balance.passed or (balance.empty and not found), balance.description
    return [(at.astimezone(UTC).strftime("%m-%d %H:%M:%S"), *rest) for at, *rest in found]


def letters(kiosks: Kiosks) -> list[StoredLetter]:
    with kiosks.database.connect() as conn:
        return list(open_letters(conn, "kiosk_file", kiosks.museum.slug))


THREE = [("03-06 10:00:00", 0, 4, None), ("03-06 10:00:01", 1, -1, 0), ("03-06 10:00:02", 1, 0, None)]
