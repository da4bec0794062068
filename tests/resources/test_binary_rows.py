"""Packed rows: Postgres reads of them what psycopg would have sent."""

from __future__ import annotations

from datetime import UTC, datetime

from resources import binary_rows as packed
from resources.copying import copy_packed
from resources.postgres import Database

MOMENT = datetime(1999, 12, 31, 23, 59, 59, 123457, tzinfo=UTC)


def test_postgres_reads_every_type(database: Database) -> None:
    names = ("a", "b", "c", "d", "e", "f", "g", "h")
    rows = [
        (packed.text("Æbler\u2028"), packed.binary(b"\0\xff"), packed.json(b'{"a": [1]}'), packed.int4(-500),
         packed.int8(2**40), packed.boolean(True), packed.texts(("Anna Ancher", "ø")), packed.timestamptz(MOMENT)),
        (packed.text(None), packed.binary(b""), packed.json(b"1"), packed.int4(None),
         packed.int8(0), packed.boolean(False), packed.texts(()), packed.timestamptz(None)),
    ]  # fmt: skip
    with database.connect() as conn:
        conn.execute(
            "CREATE TEMP TABLE packed (a text, b bytea, c jsonb, d integer, e bigint, f boolean, g text[],"
            " h timestamptz)"
        )
        copy_packed(conn, "packed", names, [packed.columns(len(names)) + b"".join(row) for row in rows])
        found = [tuple(row.values()) for row in conn.execute("SELECT * FROM packed")]
    assert found == [
        ("Æbler\u2028", b"\0\xff", {"a": [1]}, -500, 2**40, True, ["Anna Ancher", "ø"], MOMENT),
        (None, b"", 1, None, 0, False, [], None),
    ]
