"""Replaying dead letters of kiosk files: of exhibition files, and of single rows of history files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from museum_assets.dead_letters.letters import StoredLetter
from museum_assets.dead_letters.sources import REPLAYED, Outcome
from museum_assets.kiosk.combine_exhibitions import TAKEN
from museum_assets.kiosk.exhibition_load import load_exhibitions
from museum_assets.kiosk.exhibitions import read_exhibition
from museum_assets.kiosk.history import read_history, rows_of
from museum_assets.kiosk.load import Loaded, ensure_types, known_sites, laid_out, load_staged, stage
from museum_assets.kiosk.merge import packed
from museum_assets.kiosk.message import Refusal
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.museums import kiosks
from resources.postgres import Connection
from sql import query

Origin = tuple[str, str, str, datetime]
"""File, ETag and header of rows, and when they arrived."""


def replay(conn: Connection, museum: str, letters: Sequence[StoredLetter]) -> list[Outcome]:
    """Read the letters by today's rules and exhibitions, and by the time at which they arrived.

    What is good now is loaded, and moves from rejected to loaded or duplicate in its file's books.
    """
    chosen = kiosks(museum)
    ensure_types(conn, chosen)
    outcomes: dict[int, Outcome] = {}
    rows: dict[Origin, list[StoredLetter]] = defaultdict(list)
    for letter in letters:
        context = letter.context
        if context["kind"] == "row":
            rows[context["file"], context["etag"], context["header"], letter.arrived_at].append(letter)
        elif context["kind"] == "exhibition":
            outcomes[letter.id] = _exhibition(conn, chosen, letter)
        else:
            outcomes[letter.id] = Outcome("refused", tuple(letter.reasons), letter.message)
    for origin, group in rows.items():
        outcomes |= _rows(conn, chosen, origin, group)
    return [outcomes[letter.id] for letter in letters]


def _exhibition(conn: Connection, museum: KioskMuseum, letter: StoredLetter) -> Outcome:
    read = read_exhibition(letter.body)
    if isinstance(read, Refusal):
        return Outcome("refused", read.reasons, letter.message)
    if read.site in known_sites(conn, museum.slug):
        return Outcome("refused", (TAKEN,), f"there is an exhibition {read.exhibition_code} already")
    load_exhibitions(conn, museum, [read])
    _move(conn, museum, letter.context, Loaded(1, 0))
    return REPLAYED


def _rows(conn: Connection, museum: KioskMuseum, origin: Origin, letters: Sequence[StoredLetter]) -> dict[int, Outcome]:
    """Replay rows of one file; their line in the made-up file tells which letter each came from."""
    *_, header, arrived_at = origin
    body = rows_of(header, [letter.body.decode() for letter in letters])
    read = read_history(body, museum, known_sites(conn, museum.slug), arrived_at)
    outcomes = {letters[row.line - 2].id: Outcome("refused", row.reasons) for row in read.refused}
    if len(read.presses):
        presses = packed(read.presses, 0)
        of = [letters[line - 2] for line in presses["line"].tolist()]
        # Identical rows were told apart when their whole file was read.
        presses["occurrence"] = [letter.context["occurrence"] for letter in of]
        _move(conn, museum, letters[0].context, load_staged(conn, stage(conn, museum, "f", laid_out(presses))))
        outcomes |= {letter.id: REPLAYED for letter in of}
    return outcomes


def _move(conn: Connection, museum: KioskMuseum, context: Mapping[str, str], loaded: Loaded) -> None:
    books = {"loaded": loaded.loaded, "duplicate": loaded.duplicate}
    params = {"museum": museum.slug, "key": context["file"], "etag": context["etag"], **books}
    conn.execute(query("kiosk_file_replayed"), params)
