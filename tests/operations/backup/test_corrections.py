"""What a curator decided outlives whatever else happens to a museum's records, and the books balance throughout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.corrections.listing import corrections
from museum_assets.collection.corrections.make import correct
from museum_assets.collection.corrections.request import requested
from museum_assets.loop.books import books
from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.places import Folder
from museum_assets.operations.backup.restore import restore_backup
from museum_assets.releases.desk import ReleaseDesk, release_desk
from museum_assets.releases.promotion.rollback import roll_back
from museum_assets.releases.record import find
from resources.platform import Platform
from resources.postgres import Database
from tests.support.backups import Empty, publish
from tests.support.transforms import fate, payload, put, settle

DECISIONS = {"a": ("title", "Winter"), "d": ("wins", None), "b": ("exclude", None)}
SURVIVING = {"1": "Winter", "3": "of d"}
"""Titles by object number: a's is corrected, b is excluded, d was chosen over c."""


def records(said: str) -> list[dict[str, Any]]:
    numbers = {"a": "1", "b": "2", "c": "3", "d": "3"}
    return [
        payload(id_, number, title=f"of {id_}") | {"production_date": [{"start": said}]}
        for id_, number in numbers.items()
    ]


def held(database: Database) -> None:
    """Bring artworks up to date, and find every decision in them and the books in order."""
    settle(database)
    with database.connect() as conn:
        found = conn.execute("SELECT object_number, title FROM staging.artwork WHERE museum = 'smk'").fetchall()
        made = books(conn, "smk", transformed_artworks)
        states = {each.state for each in corrections(conn, ["smk"])}
    assert {row["object_number"]: row["title"] for row in found} == SURVIVING
    assert (fate(database, "b")[:2], fate(database, "c")[0]) == (("rejected", "excluded"), "duplicate")
    assert (made.inputs, made.accounted, made.pending, made.done) == (4, 4, 0, 2)
    assert made.made == made.stored
    assert states == {"in effect"}


@contextmanager
def another_mapping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr("museum_assets.collection.artworks.mapping.mapping_contract", lambda slug: "mapping:new")
        yield


def published(desk: ReleaseDesk) -> dict[str, str]:
    with desk.production.connect() as conn:
        found = conn.execute("SELECT object_number, title FROM production.artwork WHERE museum = 'smk'")
        return {row["object_number"]: row["title"] for row in found}


def test_decisions_survive_everything(
    settled: Platform, empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, desk = settled.database(), release_desk(settled)
    put(database, *records("1890"))
    settle(database)
    publish(desk, "smk")
    before = published(desk)
    assert before == {"1": "of a", "2": "of b", "3": "of c"}

    with database.connect() as conn:
        asked = [requested(f"smk:{id_}", *what, why="seen", until=None) for id_, what in DECISIONS.items()]
        correct(conn, asked, by="Ida")
    held(database)
    put(database, *records("1891"))
    held(database)
    with another_mapping(monkeypatch):
        held(database)
    held(database)

    publish(desk, "smk")
    assert published(desk) == SURVIVING
    with desk.production.connect() as conn:
        assert find(conn, "smk", 1)["counts"].get("corrections") is None
        assert find(conn, "smk", 2)["counts"]["corrections"] == 3
    roll_back(desk.production, "smk", to=1, by="Ida", why="to see")
    assert published(desk) == before
    held(database)

    place, _ = make_backup(settled, Folder(tmp_path / "target"))
    restored = empty()
    restore_backup(restored.settings, place)
    held(restored.database())
    put(restored.database(), *records("1892"))
    held(restored.database())
    publish(release_desk(restored), "smk")
    assert published(release_desk(restored)) == SURVIVING
