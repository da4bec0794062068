"""A kiosk museum's buckets for tests: filled, combined and loaded without Dagster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from museum_assets.kiosk.files.combine_exhibitions import CombineReport, combine_exhibitions
from museum_assets.kiosk.files.combine_history import combine_history
from museum_assets.kiosk.files.combined import open_combined
from museum_assets.kiosk.files.feedback import LoadReport, load_combined
from museum_assets.kiosk.files.outcomes import decided_versions
from museum_assets.kiosk.load import known_sites
from museum_assets.museums import kiosks
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.platform import Platform
from resources.postgres import Database
from resources.s3 import ObjectStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "at,site,val,type\n"


@dataclass(frozen=True)
class Kiosks:
    """A museum with its two buckets and its tables."""

    museum: KioskMuseum
    source: ObjectStore
    combined: ObjectStore
    database: Database

    def put(self, files: Mapping[str, str | bytes]) -> None:
        """Put files into the museum's bucket."""
        for key, body in files.items():
            content = body.encode() if isinstance(body, str) else body
            self.source.put(key, content, content_type="application/octet-stream")

    def exhibitions(self, *sites: int) -> None:
        """Put an exhibition file for each site."""
        self.put({f"{self.museum.slug}_exhibition_{site}.json": exhibition(site) for site in sites})

    def combine(self, now: datetime = NOW) -> tuple[CombineReport, CombineReport]:
        """Make the combined files."""
        slug = self.museum.slug
        exhibitions = combine_exhibitions(self.source, self.museum, self.combined)
        with open_combined(self.combined, slug, "exhibition") as found, self.database.connect() as conn:
            sites = found.sites() | known_sites(conn, slug)
            decided = decided_versions(conn, slug)
        return exhibitions, combine_history(self.source, self.museum, self.combined, sites, now, decided=decided)

    def load(self, now: datetime = NOW) -> LoadReport:
        """Make the combined files and load them."""
        self.combine(now)
        slug = self.museum.slug
        with (
            open_combined(self.combined, slug, "exhibition") as exhibitions,
            open_combined(self.combined, slug, "history") as history,
        ):
            return load_combined(self.database, self.museum, exhibitions, history)

    def outcomes(self) -> dict[str, tuple[Any, ...]]:
        """Return outcome, rows read, loaded, duplicate and rejected of every history file."""
        with self.database.connect() as conn:
            rows = conn.execute(
                "SELECT key, outcome, rows_read, loaded, duplicate, rejected FROM kiosk.file"
                " WHERE museum = %s AND kind = 'history' ORDER BY loaded_at",
                (self.museum.slug,),
            ).fetchall()
        return {row.pop("key"): tuple(row.values()) for row in rows}


def exhibition(site: int, **changes: object) -> bytes:
    """Return an exhibition file."""
    values = {"EXHIBITION_NAME": f"Exhibition {site}", "EXHIBITION_ID": f"EXH_{site:02d}", "FLOOR": "1",
              "DEPARTMENT": "Zoology", "START_DATE": "01/07/19", "DESCRIPTION": "Made up"}  # fmt: skip
    return json.dumps({**values, **changes}).encode()


def kiosks_of(slug: str, platform: Platform) -> Kiosks:
    """Return a museum with buckets of its own that are empty."""
    name = platform.settings.thumbnails_bucket.replace("thumbnails", "kiosk")
    source, combined = platform.bucket(f"{name}-{slug}"), platform.bucket(f"{name}-{slug}-combined")
    source.ensure_bucket()
    combined.ensure_bucket()
    return Kiosks(kiosks(slug), source, combined, platform.database())


@pytest.fixture
def lmnh(platform: Platform) -> Kiosks:
    """LMNH with empty buckets and tables."""
    return kiosks_of("lmnh", platform)


@pytest.fixture
def lms(platform: Platform) -> Kiosks:
    """LMS with empty buckets and tables."""
    return kiosks_of("lms", platform)
