"""Checks of the thumbnails against the bucket itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

from museum_assets.core.failures import Gone
from museum_assets.core.findings import SAMPLE, Finding
from museum_assets.loop.spec import StageSpec
from resources.postgres import Connection
from resources.s3 import StoredObject, encoded
from sql import query

THUMBNAILS_READ = 100
"""Objects read and hashed per check. With 1,000 wrong of 100,000, 37 % of the checks meet none of them; a missing one
is always found, by the listing."""


class ThumbnailBucket(Protocol):
    """The bucket of the thumbnails, as a check reads it."""

    def get(self, key: str) -> bytes:
        """Return an object. Raises Gone."""
        ...

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix."""
        ...


def every_thumbnail_present(conn: Connection, bucket: ThumbnailBucket, slug: str, spec: StageSpec) -> Finding:
    """S3 holds every recorded thumbnail and nothing else; a sample of them has the recorded sha256."""
    recorded = {
        row["s3_key"] for row in conn.execute("SELECT s3_key FROM staging.thumbnail WHERE museum = %s", (slug,))
    }
    stored = {item.key for item in bucket.list(f"{encoded(slug)}_")}
    missing, stray = sorted(recorded - stored), sorted(stored - recorded)
    sample = conn.execute(query("thumbnails.sample"), {"museum": slug, "limit": THUMBNAILS_READ}).fetchall()
    changed = [row["s3_key"] for row in sample if row["s3_key"] in stored and not _same(bucket, row)]
    problems = []
    if missing:
        problems.append(f"{len(missing)} thumbnails are recorded but not in S3")
    if changed:
        problems.append(f"{len(changed)} of {len(sample)} sampled ones do not have the recorded sha256")
    if stray:
        problems.append(f"{len(stray)} objects in S3 belong to no thumbnail")
    remedy = f": run {spec.again(slug, force=True)}" if missing or changed else ""
    if not recorded and not problems:
        return Finding.nothing(f"{slug} has no thumbnails; {spec.again(slug)} stores them")
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


def _same(bucket: ThumbnailBucket, row: dict[str, bytes | str]) -> bool:
    try:
        return hashlib.sha256(bucket.get(str(row["s3_key"]))).digest() == row["sha256"]
    except Gone:
        return False
