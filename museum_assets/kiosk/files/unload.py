"""Takes back what a history file loaded, and nothing that another loaded file holds too.

The tables do not say which file a press came from. So the file is read again, as are the other loaded files: a press
that one of them holds stays, and counts as loaded by it from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from psycopg.rows import DictRow

from museum_assets.core.failures import Gone, MuseumError
from museum_assets.kiosk.files.bucket import list_files
from museum_assets.kiosk.files.clock import Array
from museum_assets.kiosk.files.feedback import ASSET
from museum_assets.kiosk.files.history import read_history
from museum_assets.kiosk.files.merge import IDENTITY, pack_presses
from museum_assets.kiosk.files.outcomes import accept_version
from museum_assets.kiosk.files.source_files import LARGEST_BYTES
from museum_assets.kiosk.load import encode_presses, known_sites, remove_staged, stage_presses
from museum_assets.museums.kiosk_files import kind_of
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.postgres import Connection, Database
from resources.s3 import ObjectStore
from sql import query


@dataclass(frozen=True, slots=True)
class UnloadReport:
    """What became of a file's rows: `removed` presses left the tables, `kept` ones are in other files too.

    `letters` counts the dead letters that were closed. All are 0 when the file had been taken back before.
    """

    file: str
    rows_read: int = 0
    removed: int = 0
    kept: int = 0
    letters: int = 0
    before: bool = False


def file_body(store: ObjectStore, museum: KioskMuseum, name: str) -> bytes:
    """Return the bytes of a file of the museum's bucket or, when it has none of this name, of this machine.

    Raises MuseumError when there is neither, and as S3 does.
    """
    key = name if name.startswith(museum.prefix) else museum.prefix + name
    if kind_of(museum, key) == "history":
        with suppress(Gone):
            return store.fetch(key, LARGEST_BYTES["history"]).body
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise MuseumError(
            f"there is no {key} in bucket {store.bucket}, and no file {name} here ({error.strerror}). A file that was "
            "deleted or replaced in the bucket can be given by the path of a copy"
        ) from error


def load_again(database: Database, museum: KioskMuseum, body: bytes) -> str:
    """Have the next load load a file that was taken back; return its key. Raises MuseumError when it was not."""
    with database.lock(museum.slug, ASSET) as conn, conn.transaction():
        versions = _versions(conn, museum, body)
        taken = next((row for row in versions if row["outcome"] in ("unloaded", "accepted")), None)
        if taken is None:
            raise MuseumError(f"this file of {museum.slug} was not taken back: `museum kiosk status` shows its outcome")
        accept_version(conn, museum.slug, taken["key"], taken["etag"])
    return str(taken["key"])


def unload_file(
    database: Database, museum: KioskMuseum, store: ObjectStore, body: bytes, by: str, *, although_missing: bool = False
) -> UnloadReport:
    """Take back what the history file with these bytes loaded, in one transaction.

    It is not loaded again by itself; taking it back once more changes nothing. `by` is who does it. Raises MuseumError
    when nothing was loaded from such a file, when the books do not add up, or when another loaded file is missing in
    the bucket, unless `although_missing`: then it is taken to hold none of these presses. Raises Busy, as S3 does.
    """
    with database.lock(museum.slug, ASSET) as conn, conn.transaction():
        versions = _versions(conn, museum, body)
        loaded = next((row for row in versions if row["outcome"] == "loaded"), None)
        if loaded is None:
            return _nothing_loaded(conn, museum, versions, by)
        key, etag = loaded["key"], loaded["etag"]
        version = {"museum": museum.slug, "key": key, "etag": etag}
        sites = known_sites(conn, museum.slug)
        own = pack_presses(read_history(body, museum, sites, None).presses, 0)
        kept = np.zeros(len(own), bool)
        overlaps: list[tuple[str, str, int]] = []
        for other, other_body in _other_files(conn, museum, store, version, although_missing=although_missing):
            theirs = pack_presses(read_history(other_body, museum, sites, None).presses, 0)
            shared = np.isin(_identities(own), _identities(theirs))
            kept |= shared
            overlaps.append((other["key"], other["etag"], min(int(shared.sum()), other["duplicate"])))
        removed = remove_staged(conn, stage_presses(conn, museum, "f", encode_presses(own[~kept])))
        _hand_over(conn, museum, overlaps, loaded["loaded"] - removed, key)
        stay = int(kept.sum())
        message = (
            f"taken back by {by}: of {loaded['rows_read']:,} rows, {removed:,} presses left the tables, and {stay:,} "
            "stay because other files hold them"
        )
        conn.execute(query("kiosk_files.unload"), {**version, "message": message})
        letters = conn.execute(query("kiosk_files.close_letters"), {**version, "by": by}).rowcount
    return UnloadReport(key, loaded["rows_read"], removed, stay, letters)


def _versions(conn: Connection, museum: KioskMuseum, body: bytes) -> list[DictRow]:
    digest = sha256(body).hexdigest()
    return conn.execute(query("kiosk_files.by_content"), {"museum": museum.slug, "sha256": digest}).fetchall()


def _nothing_loaded(conn: Connection, museum: KioskMuseum, versions: Sequence[DictRow], by: str) -> UnloadReport:
    """Return the report of a file that was taken back before, and not loaded since. Raises MuseumError for any other.

    One that the next load was to load stays out.
    """
    for row in versions:
        if row["outcome"] == "accepted":
            version = {"museum": museum.slug, "key": row["key"], "etag": row["etag"]}
            conn.execute(query("kiosk_files.unload"), {**version, "message": f"kept out by {by}"})
        if row["outcome"] in ("unloaded", "accepted"):
            return UnloadReport(row["key"], before=True)
    outcomes = "; ".join(f"{row['key']} is {row['outcome']}: {row['message']}" for row in versions)
    raise MuseumError(
        f"nothing of {museum.slug} was loaded from a file with this content: {outcomes or 'no such file was read'}"
    )


def _other_files(
    conn: Connection, museum: KioskMuseum, store: ObjectStore, version: Mapping[str, str], *, although_missing: bool
) -> Iterator[tuple[DictRow, bytes]]:
    """Yield (books, bytes) of every other version that loaded rows, one at a time.

    Raises MuseumError for missing ones.
    """
    others = conn.execute(query("kiosk_files.other_loaded"), version).fetchall()
    there = {(file.key, file.etag) for file in list_files(store, museum, "history")}
    missing = [row["key"] for row in others if (row["key"], row["etag"]) not in there]
    if missing and not although_missing:
        raise MuseumError(
            f"nothing was taken back: {', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''} loaded "
            f"presses too, and bucket {store.bucket} no longer has what was loaded, so nobody can say which presses "
            f"are only those of {version['key']}. Put them back, or take them to hold none of these presses with "
            "--although-missing"
        )
    for row in others:
        if (row["key"], row["etag"]) in there:
            yield row, store.fetch(row["key"], LARGEST_BYTES["history"]).body


def _hand_over(
    conn: Connection, museum: KioskMuseum, overlaps: Sequence[tuple[str, str, int]], left: int, key: str
) -> None:
    """Count the presses that stay as loaded by the files that hold them.

    Raises MuseumError when these did not count as many of them as duplicates.
    """
    for other, etag, presses in overlaps:
        if taken := min(max(left, 0), presses):
            params = {"museum": museum.slug, "key": other, "etag": etag, "presses": taken}
            conn.execute(query("kiosk_files.take_over"), params)
            left -= taken
    if left:
        raise MuseumError(
            f"nothing was taken back: by the books of {museum.slug}, {key} loaded {abs(left):,} presses "
            f"{'more' if left > 0 else 'fewer'} than its bytes and the other files account for"
        )


def _identities(presses: Array) -> Array:
    """Return what identifies each press, as bytes that can be compared."""
    rows = np.empty(len(presses), [(name, presses.dtype[name]) for name in IDENTITY])
    for name in IDENTITY:
        rows[name] = presses[name]
    return rows.view(f"V{rows.dtype.itemsize}")
