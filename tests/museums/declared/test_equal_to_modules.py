"""Tate and CMA were modules once. Their declarations read every recorded record as those did."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from museum_assets.core.failures import Rejected
from museum_assets.museums import museum, rights
from tests.support.recorded_works import payloads

OF_MODULES = {
    "tate": (6_000, "14a4ccce69ee4448d9c14cf02067d510992e8de86d87471cb72a3a8e78df04f8"),
    "cma": (3_483, "1d3fc2f73609af0b67a74ecbc8a853f6b484a59e2994bd94c990643f74e8829a"),
}
"""How many records there are, and the digest of what the modules of 30 November 2026 made of them, in 2025.
They knew nothing of what stands beside artworks: makers, places, materials and subjects."""
BESIDE = {"makers", "places", "materials", "subjects"}


def digest(slug: str, records: Iterable[Any]) -> tuple[int, str]:
    """Count records and digest what becomes of them: the artwork, or the code of its rejection."""
    count, told = 0, sha256()
    for record in records:
        count += 1
        try:
            found: Any = museum(slug).read(record).model_dump(mode="json", exclude=BESIDE)
        except Rejected as rejection:
            found = [rejection.code]
        told.update(json.dumps(found, sort_keys=True).encode() + b"\n")
    return count, told.hexdigest()


def test_every_recorded_record_of_cma(shared: Path) -> None:
    assert digest("cma", payloads("cma")) == OF_MODULES["cma"]


def test_the_archive_of_tate(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "this_year", lambda: 2025)
    with tarfile.open(shared / "data/tate-artworks.tar.gz") as archive:
        bodies = (archive.extractfile(member) for member in archive)
        assert digest("tate", (json.load(body) for body in bodies if body)) == OF_MODULES["tate"]
