"""Checks of the thumbnails against the bucket itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from museum_assets.audit.finding import SAMPLE, Finding
from museum_assets.failures import Gone
from resources.postgres import Connection
from resources.s3 import StoredObject, encoded
from sql import query

READ = 100
"""Objects read and hashed per check: at 1,000 wrong of 100,000 that misses all of them in 37 % of the runs, and the
listing, which is complete, finds every missing one."""
SHEET = 24


class Bucket(Protocol):
    """What is read of the bucket."""

    def get(self, key: str) -> bytes:
        """Return an object. Raises Gone."""
        ...

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix."""
        ...


def thumbnails_present(conn: Connection, bucket: Bucket, museum: str) -> Finding:
    """Every recorded thumbnail is in S3, nothing else is there, and a sample has the recorded sha256."""
    recorded = {
        row["s3_key"] for row in conn.execute("SELECT s3_key FROM staging.thumbnail WHERE museum = %s", (museum,))
    }
    there = {found.key for found in bucket.list(f"{encoded(museum)}_")}
    missing, stray = sorted(recorded - there), sorted(there - recorded)
    sample = conn.execute(query("audit_thumbnails"), {"museum": museum, "limit": READ}).fetchall()
    changed = [row["s3_key"] for row in sample if row["s3_key"] in there and not _same(bucket, row)]
    problems = []
    if missing:
        problems.append(f"{len(missing)} thumbnails are recorded but not in S3")
    if changed:
        problems.append(f"{len(changed)} of {len(sample)} sampled ones do not have the recorded sha256")
    if stray:
        problems.append(f"{len(stray)} objects in S3 are nobody's")
    remedy = f": run stored_thumbnails of {museum} with force" if missing or changed else ""
    return Finding(
        passed=not problems,
        description="; ".join(problems) + remedy if problems else f"all {len(recorded)} thumbnails are in S3",
        metadata={
            "recorded": len(recorded),
            "sampled": len(sample),
            "missing": missing[:SAMPLE],
            "changed": changed[:SAMPLE],
            "stray": stray[:SAMPLE],
        },
        warn=not missing and not changed,
    )


def _same(bucket: Bucket, row: dict[str, bytes | str]) -> bool:
    try:
        return hashlib.sha256(bucket.get(str(row["s3_key"]))).digest() == row["sha256"]
    except Gone:
        return False


def recent_thumbnails(conn: Connection, bucket: Bucket, museum: str) -> list[bytes]:
    """Return the newest thumbnails, for a contact sheet; missing ones are for `thumbnails_present` to tell."""
    rows = conn.execute(
        "SELECT s3_key FROM staging.thumbnail WHERE museum = %s ORDER BY stored_at DESC, record_id LIMIT %s",
        (museum, SHEET),
    )
    images = []
    for row in rows:
        with suppress(Gone):
            images.append(bucket.get(row["s3_key"]))
    return images
