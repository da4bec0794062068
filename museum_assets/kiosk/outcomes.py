"""What became of a museum's files: as a list, and whether any file of the bucket has no outcome."""

from __future__ import annotations

from typing import Any

from museum_assets.audit.finding import SAMPLE, Finding
from museum_assets.kiosk.bucket import KINDS, list_files
from museum_assets.kiosk.museum import KioskMuseum
from resources.postgres import Connection
from resources.s3 import ObjectStore
from sql import query


def files_accounted(conn: Connection, museum: KioskMuseum, store: ObjectStore) -> Finding:
    """Every kiosk file in the museum's bucket has its outcome in `kiosk.file`, in the version that lies there."""
    listed = [file for kind in KINDS for file in list_files(store, museum, kind)]
    rows = conn.execute(query("kiosk_known_files"), {"museum": museum.slug, "keys": [file.key for file in listed]})
    known = {(row["key"], row["etag"]) for row in rows}
    missing = sorted(file.key for file in listed if (file.key, file.etag) not in known)
    more = f" and {len(missing) - SAMPLE} more" if len(missing) > SAMPLE else ""
    return Finding(
        passed=not missing,
        description=f"{len(missing)} of {len(listed)} files have no outcome yet: {', '.join(missing[:SAMPLE])}{more}. "
        "A file that came during the run is loaded by the next one; of one that could not be fetched "
        "combined_exhibitions or combined_kiosk_data tells why, and it is tried again by itself"
        if missing
        else f"all {len(listed)} files of the bucket have their outcome",
        metadata={"files": len(listed), "without an outcome": len(missing), "first": missing[:SAMPLE]},
        warn=True,
    )


def list_outcomes(conn: Connection, museum: str, limit: int) -> list[dict[str, Any]]:
    """Return the latest outcomes of a museum's files, newest first."""
    return conn.execute(query("kiosk_file_list"), {"museum": museum, "limit": limit}).fetchall()


def count_outcomes(conn: Connection, museum: str) -> list[dict[str, Any]]:
    """Return a museum's files and rows by kind and outcome."""
    return conn.execute(query("kiosk_file_counts"), {"museum": museum}).fetchall()
