"""What must be true of production when everything is quiet: one complete release, and no trace of unfinished ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from psycopg import sql

from resources.postgres import Connection
from resources.vector_index.index import STILL, PointRecord, SearchFilter
from tests.robustness.oracle import compared
from tests.robustness.world import World

TABLES = ("artwork", "thumbnail", "index_status")


class Production:
    """One museum's releases, held against what staging has and what the pointer says."""

    def __init__(self, world: World, slug: str) -> None:
        self.slug = slug
        self.kept = world.plan.releases_kept
        store = world.platform.production_thumbnails()
        self.objects = {item.key: store.get(item.key) for item in store.list(f"{slug}/")}
        with world.platform.production_index().open() as session:
            session.ensure_collection({}, released=True)
            found = list(session.scroll(SearchFilter(museum=slug)))
            self.points = session.retrieve([record.id for record in found], with_vectors=True)

    def differences(self, conn: Connection, promoted: int | None) -> Iterator[str]:
        """Yield everything that is not as it must be. `promoted` is the release that was made last of all."""
        releases = {row["release_id"]: row for row in conn.execute(
            "SELECT * FROM production.release WHERE museum = %s", (self.slug,))}  # fmt: skip
        ready = {number: row for number, row in releases.items() if row["state"] == "ready"}
        live = conn.execute(
            "SELECT release_id FROM production.current_release WHERE museum = %s", (self.slug,)
        ).fetchone()
        shown = live["release_id"] if live else None
        if promoted is not None and shown != promoted:
            yield f"release {promoted} was promoted last, and {shown} is live"
        if shown is not None and shown not in ready:
            yield f"release {shown} is live and not ready"
        if unfinished := [number for number, row in releases.items() if row["state"] == "building"]:
            yield f"releases {unfinished} are still being built"
        if promoted is not None and len(ready) > self.kept + 2:
            yield f"{len(ready)} releases are kept, {self.kept} should be"
        for number, row in ready.items():
            yield from self.release(conn, number, row)
        yield from self.strays(releases)
        if promoted is not None and promoted in ready:
            yield from self.as_staged(conn)
        last = conn.execute(
            "SELECT to_release FROM production.promotion WHERE museum = %s ORDER BY id DESC LIMIT 1", (self.slug,)
        ).fetchone()
        if (last["to_release"] if last else None) != shown:
            yield f"the history ends with {last}, release {shown} is live"

    def release(self, conn: Connection, number: int, row: dict[str, Any]) -> Iterator[str]:
        """A kept release has its rows, its objects and its points."""
        rows = {}
        for table in TABLES:
            leaf = sql.Identifier("production", f"{table}_release")
            statement = sql.SQL("SELECT * FROM {} WHERE museum = %s AND slot = %s").format(leaf)
            rows[table] = conn.execute(statement, (self.slug, row["slot"])).fetchall()
            if len(rows[table]) != row["counts"][table]:
                yield f"release {number} holds {len(rows[table])} rows of {table}, not {row['counts'][table]}"
        for thumbnail in rows["thumbnail"]:
            body = self.objects.get(thumbnail["object_key"])
            if body is None or hashlib.sha256(body).digest() != thumbnail["sha256"]:
                yield f"the thumbnail {thumbnail['object_key']} of release {number} is not in the bucket, or another"
        visible = [point for point in self.points if _shows(point, number)]
        shown = {(point.payload["object_number"], point.payload["digest"]) for point in visible}
        if len(shown) != len(visible):
            yield f"release {number} shows {len(visible)} points for {len(shown)} artworks"
        statuses = {(status["object_number"], status["digest"].hex()): status for status in rows["index_status"]}
        yield from compared(f"points of release {number}", shown, set(statuses))
        titles = {artwork["object_number"]: artwork["title"] for artwork in rows["artwork"]}
        for point in visible:
            key = point.payload["object_number"], point.payload["digest"]
            if key in statuses and set(point.vectors) != set(statuses[key]["vectors"]):
                yield f"the point of {key[0]} in release {number} has {sorted(point.vectors)}"
            if point.payload.get("title") != titles.get(key[0]):
                yield f"the point of {key[0]} in release {number} says {point.payload.get('title')!r}"

    def strays(self, releases: dict[int, dict[str, Any]]) -> Iterator[str]:
        """No point is of a release that failed, and none was ended by one."""
        good = {number for number, row in releases.items() if row["state"] in {"ready", "pruned"}}
        for point in self.points:
            made, ended = point.payload["from_release"], point.payload["until_release"]
            if made not in good or (ended != STILL and ended not in good):
                yield f"the point of {point.payload['object_number']} shows from {made} until {ended}"

    def as_staged(self, conn: Connection) -> Iterator[str]:
        """What readers see is what staging has."""
        joined = "staging.thumbnail JOIN staging.artwork USING (museum, record_id)"
        for view, columns, staged in (
            ("artwork", "object_number, title", "staging.artwork"),
            ("thumbnail", "object_number, sha256", joined),
        ):
            seen = conn.execute(f"SELECT {columns} FROM production.{view} WHERE museum = %s", (self.slug,))
            wanted = conn.execute(f"SELECT {columns} FROM {staged} WHERE museum = %s", (self.slug,))
            yield from compared(
                f"rows of production.{view}",
                {tuple(row.values()) for row in seen},
                {tuple(row.values()) for row in wanted},
            )


def _shows(point: PointRecord, release: int) -> bool:
    return bool(point.payload["from_release"] <= release < point.payload["until_release"])
