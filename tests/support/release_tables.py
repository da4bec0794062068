"""Museums in staging for tests of releases, and what production shows of them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from resources.postgres import Connection, Database
from resources.s3 import ObjectStore


def stage(
    database: Database, museum: str, works: int, *, say: str = "", first: int = 1, bucket: ObjectStore | None = None
) -> None:
    """Put artworks into staging, each with its thumbnail and two artists; `say` ends their titles."""
    values = {"museum": museum, "first": first, "last": first + works - 1, "say": say}
    with database.connect() as conn, conn.transaction():
        conn.execute("DELETE FROM staging.thumbnail WHERE museum = %(museum)s", values)
        conn.execute("DELETE FROM staging.artwork WHERE museum = %(museum)s", values)
        conn.execute("DELETE FROM staging.makers WHERE museum = %(museum)s", values)
        conn.execute("DELETE FROM staging.places WHERE museum = %(museum)s", values)
        conn.execute("DELETE FROM staging.materials WHERE museum = %(museum)s", values)
        conn.execute("DELETE FROM staging.subjects WHERE museum = %(museum)s", values)
        conn.execute(
            "INSERT INTO staging.artwork (museum, record_id, record_seq, object_number, museum_db_id, title, artists,"
            " production_date_start, production_date_end, work_types, searchable_work_types, thumbnail_url, rights,"
            " row_hash)"
            " SELECT %(museum)s, 'r' || n, n, 'N' || n, 'r' || n, 'Work ' || n || %(say)s,"
            " ARRAY['Artist ' || n %% 7, 'Anna  Ancher'], 1800 + n %% 100, 1800 + n %% 100 + 2,"
            " ARRAY['maleri'], ARRAY['painting'], 'http://images/' || n, 'CC0',"
            " sha256(convert_to(n || %(say)s, 'UTF8'))"
            " FROM generate_series(%(first)s::int, %(last)s::int) AS n",
            values,
        )
        conn.execute(
            "INSERT INTO staging.thumbnail (museum, record_id, s3_key, sha256, width, height, bytes, source_url)"
            " SELECT museum, record_id, museum || '_' || object_number || '.jpg',"
            " sha256(convert_to('jpeg of ' || record_id, 'UTF8')), 800, 600, length('jpeg of ' || record_id),"
            " thumbnail_url FROM staging.artwork WHERE museum = %(museum)s",
            values,
        )
        conn.execute(
            "INSERT INTO staging.makers (museum, object_number, position, maker_key, name, birth_year, links)"
            " SELECT museum, object_number, position, museum || ':' || lower(name), name, 1750, '{}'"
            " FROM staging.artwork, unnest(artists) WITH ORDINALITY AS n (name, position)"
            " WHERE museum = %(museum)s",
            values,
        )
        conn.execute(
            "INSERT INTO staging.places (museum, object_number, position, place_key, name, role, within, links)"
            " SELECT museum, object_number, 1, museum || ':skagen', 'Skagen', 'made', 'Denmark', '{}'"
            " FROM staging.artwork WHERE museum = %(museum)s",
            values,
        )
        conn.execute(
            "INSERT INTO staging.materials (museum, object_number, position, material_key, term, links)"
            " SELECT museum, object_number, 1, museum || ':oil', 'Oil on canvas', '{}'"
            " FROM staging.artwork WHERE museum = %(museum)s",
            values,
        )
        conn.execute(
            "INSERT INTO staging.subjects (museum, object_number, position, subject_key, name, language, links)"
            " SELECT museum, object_number, 1, museum || ':ships', 'skibe', 'da', '{}'"
            " FROM staging.artwork WHERE museum = %(museum)s",
            values,
        )
    if bucket:
        there = {found.key for found in bucket.list(f"{museum}_")}
        for number in range(first, first + works):
            if (key := f"{museum}_N{number}.jpg") not in there:
                body = f"jpeg of r{number}".encode()
                bucket.put_jpeg(key, body, {"sha256": sha256(body).hexdigest()})


def titles(conn: Connection, museum: str) -> list[str]:
    """Titles that readers see, sorted."""
    rows = conn.execute("SELECT title FROM production.artwork WHERE museum = %s ORDER BY title", (museum,))
    return [row["title"] for row in rows]


def shown(conn: Connection, museum: str) -> dict[str, Any]:
    """How many rows readers see of each table, and of which releases."""
    found: dict[str, Any] = {}
    for table in ("artwork", "artist", "artwork_artist", "thumbnail", "index_status"):
        row = conn.execute(
            f"SELECT count(*) AS rows, array_agg(DISTINCT release_id) AS releases FROM production.{table}"
            " WHERE museum = %s",
            (museum,),
        ).fetchone()
        assert row
        found[table] = row["rows"]
        found["releases"] = sorted({*found.get("releases", ()), *(row["releases"] or ())})
    return found
