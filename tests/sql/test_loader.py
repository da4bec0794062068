"""Blocks of a file of queries, by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import sql

FILE = """\
-- What the tests ask.

-- name: newest
-- The newest file of a kind: 100 % of {table}.
-- {table}: kiosk.file

-- More of the header.
SELECT key  -- why the key
FROM {table}
WHERE kind = %(kind)s

-- name: all_of_them
SELECT 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "animals.sql").write_text(FILE)
    monkeypatch.setattr(sql, "QUERIES", tmp_path)
    sql.query.cache_clear()
    sql.blocks.cache_clear()
    yield tmp_path
    sql.query.cache_clear()
    sql.blocks.cache_clear()


def test_a_block_is_its_statement_under_its_name() -> None:
    wanted = "-- animals.newest\nSELECT key  -- why the key\nFROM {table}\nWHERE kind = %(kind)s"
    assert sql.query("animals.newest") == wanted
    assert sql.query("animals.all_of_them") == "-- animals.all_of_them\nSELECT 1"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("animals.oldest", "animals.sql has no block 'oldest', only newest, all_of_them"),
        ("plants.newest", "there is no sql/queries/plants.sql, only animals"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(name: str, said: str) -> None:
    with pytest.raises(LookupError, match=said):
        sql.query(name)
