"""A row that somebody alters by hand: the check names it, and --force writes it again."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from museum_assets.collection.artworks.mapping import HASHED_COLUMNS
from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.stages import STAGES
from museum_assets.core.findings import Finding
from museum_assets.loop.checks import checks_of, rows_as_written
from museum_assets.loop.stage import Options
from museum_assets.museums import MUSEUMS
from museum_assets.simulator.server import Running
from resources.platform import Platform
from resources.postgres import Database, scalar
from tests.support import whole_pipeline
from tests.support.transforms import payload, put, run, withdraw

ROWS = "SELECT * FROM staging.artwork ORDER BY record_id"
BOOKKEEPING = {"record_seq", "row_hash", "updated_at"}
"""Columns of staging.artwork that say nothing of the work."""


def artworks(database: Database) -> list[dict[str, Any]]:
    with database.connect() as conn:
        return [{k: v for k, v in row.items() if k != "updated_at"} for row in conn.execute(ROWS)]


def checked(database: Database) -> Finding:
    with database.connect() as conn:
        return rows_as_written(conn, "smk", transformed_artworks)


def alter(database: Database, statement: str) -> None:
    with database.connect() as conn:
        assert conn.execute(statement).rowcount


ALTERATIONS = {
    "a title": "UPDATE staging.artwork SET title = 'Mona Lisa' WHERE record_id = 'a'",
    "no title": "UPDATE staging.artwork SET title = NULL WHERE record_id = 'a'",
    "an artist": "UPDATE staging.artwork SET artists = array_append(artists, 'Anna') WHERE record_id = 'a'",
    "an object number": "UPDATE staging.artwork SET object_number = '7' WHERE record_id = 'a'",
    "another's hash": "UPDATE staging.artwork SET title = 'Mona Lisa', row_hash = '' WHERE record_id = 'a'",
    "a row that is gone": "DELETE FROM staging.artwork WHERE record_id = 'a'",
}


@pytest.mark.parametrize("alteration", ALTERATIONS.values(), ids=ALTERATIONS)
def test_what_was_altered_is_named_and_force_writes_it_again(database: Database, alteration: str) -> None:
    put(database, payload("a", "1"), payload("b", "2"))
    run(database)
    before = artworks(database)
    assert checked(database).passed
    alter(database, alteration)
    finding = checked(database)
    assert not finding.passed
    assert not finding.warn
    assert re.match(r"1 rows of smk were altered or removed since .* \(a\)", finding.description)
    assert "`museum run transformed_artworks --museum smk --force`" in finding.description
    assert run(database).unchanged == 2, "nothing else notices: the input is the same"
    assert run(database, Options(force=True)).done == 2
    assert artworks(database) == before
    assert checked(database).passed


def test_force_leaves_alone_what_is_as_it_was(database: Database) -> None:
    put(database, payload("a", "1"), payload("b", "2"))
    run(database)
    with database.connect() as conn:
        before = conn.execute("SELECT xmin, record_id FROM staging.artwork WHERE record_id = 'b'").fetchall()
        conn.execute(ALTERATIONS["a title"])
        run(database, Options(force=True))
        assert conn.execute("SELECT xmin, record_id FROM staging.artwork WHERE record_id = 'b'").fetchall() == before


def test_rejected_duplicate_and_withdrawn_records_have_no_row_to_compare(database: Database) -> None:
    put(database, payload("a", "1"), payload("b", "1"), payload("c", "3"), payload("d", "4"))
    run(database)
    put(database, payload("c", "3", open_=False))
    withdraw(database, "d")
    run(database)
    assert checked(database).passed
    with database.connect() as conn:
        assert scalar(conn, "SELECT count(*) FROM ops.ledger WHERE output_hash IS NOT NULL") == 1


def test_nothing_written_is_nothing_to_check(database: Database) -> None:
    assert checked(database).empty


def test_the_hash_covers_every_column_that_says_something(database: Database) -> None:
    put(database, payload("a", "1"))
    run(database)
    (row,) = artworks(database)
    assert HASHED_COLUMNS.keys() | BOOKKEEPING == row.keys() | {"updated_at"}


def test_python_and_postgres_hash_alike(database: Database) -> None:
    """Of empty, missing, long and foreign values."""
    titles = [None, "x" * 5_000, "Møllen ved Åen 🐘", "a\tb", '"quoted", {braces}\\', "0"]
    bodies = [payload(str(n), f"N{n}", title=title) for n, title in enumerate(titles)]
    bodies[1] |= {"artist": ["Anna Ancher", "P.S. Krøyer"], "production_date": [{"start": "1884-01-01"}]}
    put(database, *[orjson.loads(orjson.dumps(body)) for body in bodies])
    assert run(database).done == len(titles)
    with database.connect() as conn:
        assert scalar(conn, "SELECT count(*) FROM staging.artwork JOIN ops.output_transformed_artworks"
                            " USING (museum, record_id) WHERE row_hash = output_hash") == len(titles)  # fmt: skip


def test_every_museums_rows_are_as_written(platform: Platform, simulator: Running) -> None:
    """Also the thumbnails', whose hashes Postgres makes when they are written."""
    for slug in MUSEUMS:
        whole_pipeline.gather(platform, slug)
        whole_pipeline.run(platform, slug, "transformed_artworks")
    whole_pipeline.run(platform, "smk", "stored_thumbnails")
    checks = {spec.name: check for spec in STAGES for check in checks_of(spec) if check.name == "rows_as_written"}
    with platform.database().connect() as conn:
        findings = [checks["transformed_artworks"].evaluate(platform, conn, slug) for slug in MUSEUMS]
        findings.append(checks["stored_thumbnails"].evaluate(platform, conn, "smk"))
    assert [finding.description for finding in findings if not finding.passed] == []
