"""Replays dead letters of kiosk files: exhibition files, and single rows of history files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from museum_assets.dead_letters.letters import StoredLetter
from museum_assets.dead_letters.sources import DUE, REPLAYED, ReplayOutcome
from museum_assets.kiosk.files.combine_exhibitions import CODE_TAKEN
from museum_assets.kiosk.files.exhibition_load import load_exhibitions
from museum_assets.kiosk.files.exhibitions import read_exhibition
from museum_assets.kiosk.files.history import as_history_file, read_history
from museum_assets.kiosk.files.merge import pack_presses
from museum_assets.kiosk.files.outcomes import accept_version
from museum_assets.kiosk.load import LoadCounts, encode_presses, ensure_labels, known_sites, load_staged, stage_presses
from museum_assets.kiosk.stream.message import RefusalReasons
from museum_assets.museums import kiosks
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.postgres import Connection
from sql import query

RowOrigin = tuple[str, str, str, datetime]
"""(key, ETag, header, time of arrival) of the file that rows came from."""


def replay(conn: Connection, slug: str, letters: Sequence[StoredLetter]) -> list[ReplayOutcome]:
    """Read the letters by today's rules and exhibitions, but by their time of arrival; return an outcome for each.

    A press or exhibition that is good now is loaded, and moves from rejected to loaded or duplicate in its file's
    books. A file that is held is loaded by the next load, which settles its letter.
    """
    museum = kiosks(slug)
    ensure_labels(conn, museum)
    outcomes: dict[int, ReplayOutcome] = {}
    rows: dict[RowOrigin, list[StoredLetter]] = defaultdict(list)
    for letter in letters:
        context = letter.context
        if context["kind"] == "row":
            rows[context["file"], context["etag"], context["header"], letter.arrived_at].append(letter)
        elif context["kind"] == "exhibition":
            outcomes[letter.id] = _exhibition(conn, museum, letter)
        elif context["kind"] == "held":
            accept_version(conn, slug, context["file"], context["etag"])
            outcomes[letter.id] = DUE
        else:
            outcomes[letter.id] = ReplayOutcome("refused", tuple(letter.reasons), letter.message)
    for origin, group in rows.items():
        outcomes |= _rows(conn, museum, origin, group)
    return [outcomes[letter.id] for letter in letters]


def _exhibition(conn: Connection, museum: KioskMuseum, letter: StoredLetter) -> ReplayOutcome:
    read = read_exhibition(letter.body)
    if isinstance(read, RefusalReasons):
        return ReplayOutcome("refused", read.reasons, letter.message)
    if read.site in known_sites(conn, museum.slug):
        return ReplayOutcome("refused", (CODE_TAKEN,), f"there is an exhibition {read.exhibition_code} already")
    load_exhibitions(conn, museum, [read])
    _move_in_books(conn, museum, letter.context, LoadCounts(1, 0))
    return REPLAYED


def _rows(
    conn: Connection, museum: KioskMuseum, origin: RowOrigin, letters: Sequence[StoredLetter]
) -> dict[int, ReplayOutcome]:
    """Replay rows of one file, written to a file of their own: a row's line there says which letter it came from."""
    *_, header, arrived_at = origin
    body = as_history_file(header, [letter.body.decode() for letter in letters])
    read = read_history(body, museum, known_sites(conn, museum.slug), arrived_at)
    outcomes = {letters[row.line - 2].id: ReplayOutcome("refused", row.reasons) for row in read.refused}
    if len(read.presses):
        presses = pack_presses(read.presses, 0)
        replayed = [letters[line - 2] for line in presses["line"].tolist()]
        # Identical rows were numbered when their whole file was read.
        presses["occurrence"] = [letter.context["occurrence"] for letter in replayed]
        _move_in_books(
            conn,
            museum,
            letters[0].context,
            load_staged(conn, stage_presses(conn, museum, "f", encode_presses(presses))),
        )
        outcomes |= {letter.id: REPLAYED for letter in replayed}
    return outcomes


def _move_in_books(conn: Connection, museum: KioskMuseum, context: Mapping[str, str], loaded: LoadCounts) -> None:
    books = {"loaded": loaded.loaded, "duplicate": loaded.duplicate}
    params = {"museum": museum.slug, "key": context["file"], "etag": context["etag"], **books}
    conn.execute(query("kiosk_files.replayed"), params)
