"""What must be true of enrichment when everything is quiet: who each maker is and where each place lies, or why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from psycopg import sql

from resources.postgres import Connection
from tests.robustness.named import AUTHORITY, NamedMaker, NamedPlace, makers_of, place_of
from tests.robustness.oracle import compared, ledger_of
from tests.robustness.truth import works_of
from tests.robustness.world import World

OTHERS = {
    "work_type_terms": ("staging.artwork", "record_id", {"no_term"}),
    "material_terms": ("staging.materials", "material_key", {"no_term"}),
    "subject_identities": (
        "staging.subjects", "subject_key", {"person_by_name", "unknown_subject", "ambiguous_subject"}),
    "thumbnail_colours": ("staging.thumbnail", "record_id", set()),
}  # fmt: skip
"""The other sources: the table and column of what each is to enrich, and the codes that it may reject with.

Each input must have facts or such a code. Which of the two, the model does not say.
"""


class Identities:
    """One museum's makers and places, held against the simulator's works."""

    def __init__(self, world: World, slug: str, conn: Connection) -> None:
        self.slug = slug
        source, works = world.simulator.simulator.collections[slug].source, works_of(world.simulator.simulator, slug)
        numbers = {source.id(n): n for n in range(works.count)}
        staged = {
            row["object_number"]: works.work(numbers[row["record_id"]])
            for row in self._rows(conn, "staging.artwork", "record_id, object_number")
            if row["record_id"] in numbers
        }
        self.makers = {
            (number, position): maker
            for number, work in staged.items()
            for position, maker in enumerate(makers_of(slug, work), 1)
        }
        self.places = {(number, 1): place for number, work in staged.items() if (place := place_of(slug, work))}

    def differences(self, conn: Connection) -> Iterator[str]:
        """Yield every maker and place that is not explained, or not as it must be."""
        makers: dict[str, list[NamedMaker]] = defaultdict(list)
        yield from self._named(conn, "makers", "maker_key", self.makers, makers)
        places: dict[str, list[NamedPlace]] = defaultdict(list)
        yield from self._named(conn, "places", "place_key", self.places, places)
        yield from self._identities(conn, makers)
        yield from self._joined(conn, makers)
        known = {
            f"{AUTHORITY}:{each.entry}": each.facts for named in makers.values() for each in named if _dated(named)
        }
        yield from self._enriched(conn, "artist_facts", set(known))
        for subject, facts in self._facts(conn, "artist_facts").items():
            if known.get(subject, facts) != facts:
                yield f"the facts of {subject} are {facts}, the authority says {known[subject]}"
        yield from self._whereabouts(conn, places)
        for source, (table, column, codes) in OTHERS.items():
            wanted = {row[column] for row in self._rows(conn, table, f"DISTINCT {column}")}
            yield from self._enriched(conn, source, wanted, codes)

    def _named(
        self, conn: Connection, table: str, key: str, wanted: dict[tuple[str, int], Any], by_key: dict[str, list[Any]]
    ) -> Iterator[str]:
        """Compare what works name with the rows beside them, and fill `by_key` with what each key stands for."""
        found = self._rows(conn, f"staging.{table}", f"object_number, position, name, {key} AS key")
        yield from compared(
            f"{table} of works",
            {(row["object_number"], row["position"], row["name"]) for row in found},
            {(*place, each.name) for place, each in wanted.items()},
        )
        for row in found:
            if named := wanted.get((row["object_number"], row["position"])):
                by_key[row["key"]].append(named)

    def _identities(self, conn: Connection, makers: dict[str, list[NamedMaker]]) -> Iterator[str]:
        ledger = ledger_of(conn, self.slug, "artist_identities")
        yield from compared("ledger of artist_identities", set(ledger), set(makers))
        rows = {row["maker_key"]: row for row in self._rows(conn, "staging.artist_identities", "*")}
        yield from compared("identities", set(rows), set(makers))
        for key in makers.keys() & ledger.keys():
            if ledger[key]["outcome"] != "done":
                yield f"the maker {key} is {ledger[key]['outcome']} {ledger[key]['code']}: {ledger[key]['message']}"
        for key in makers.keys() & rows.keys():
            row, named = rows[key], makers[key][0]
            found = row["authority"], row["identity"], row["label"], row["method"]
            candidates = [each["id"] for each in row["candidates"]]
            wanted = (AUTHORITY, named.entry, named.artist.name, "reconciled") if _dated(makers[key]) else (None,) * 4
            if found != wanted or candidates[:1] != [named.entry]:
                yield f"the maker {key} is {found} of {candidates}, and should be {wanted} of {named.entry}"
            if len({each.artist for each in makers[key]}) > 1:
                yield f"the maker {key} is several people"

    def _joined(self, conn: Connection, makers: dict[str, list[NamedMaker]]) -> Iterator[str]:
        rows = self._rows(conn, "staging.joined_identities", "maker_key, identity")
        found = {row["maker_key"]: row["identity"] for row in rows}
        yield from compared("joined makers", set(found), set(makers))
        for key in makers.keys() & found.keys():
            if found[key] != _joined_as(key, makers[key]):
                yield f"the maker {key} is joined as {found[key]}, and should be as {_joined_as(key, makers[key])}"

    def _whereabouts(self, conn: Connection, places: dict[str, list[NamedPlace]]) -> Iterator[str]:
        unsure = {key for key, named in places.items() if named[0].whereabouts is None}
        yield from self._enriched(conn, "place_coordinates", set(places), {"ambiguous_place"}, unsure)
        for key, facts in self._facts(conn, "place_coordinates").items():
            found = facts["latitude"], facts["longitude"], facts.get("identity")
            if key in places and found != places[key][0].whereabouts:
                yield f"the place {key} lies at {found}, and should at {places[key][0].whereabouts}"

    def _enriched(
        self,
        conn: Connection,
        source: str,
        wanted: set[str],
        codes: set[str] = frozenset(),  # type: ignore[assignment]
        without: set[str] | None = None,
    ) -> Iterator[str]:
        """Each input has facts, or was rejected with one of these codes: as those `without` must be, where given."""
        ledger = ledger_of(conn, self.slug, source)
        yield from compared(f"ledger of {source}", set(ledger), wanted)
        rejected = {key for key, row in ledger.items() if row["outcome"] == "rejected" and row["code"] in codes}
        for key, row in ledger.items():
            if row["outcome"] != "done" and key not in rejected:
                yield f"{source} of {key} is {row['outcome']} {row['code']}: {row['message']}"
        if without is not None:
            yield from compared(f"rejections of {source}", rejected, without)
        yield from compared(f"facts of {source}", set(self._facts(conn, source)), wanted - rejected)

    def release(self, conn: Connection, number: int) -> Iterator[str]:
        """Yield what a release says otherwise of who made its works, and of where its places lie."""
        slot = conn.execute(
            "SELECT slot FROM production.release WHERE museum = %s AND release_id = %s", (self.slug, number)
        ).fetchone()
        assert slot
        keys = {(row["object_number"], row["position"]): row["maker_key"] for row in self._rows(
            conn, "staging.makers", "object_number, position, maker_key")}  # fmt: skip
        of_key: dict[str, list[NamedMaker]] = defaultdict(list)
        for place, key in keys.items():
            of_key[key] += [self.makers[place]] if place in self.makers else []
        named = {
            (*place, _joined_as(keys[place], of_key[keys[place]])) for place in self.makers if place in keys
        }  # fmt: skip
        wanted: dict[str, tuple[str, set[Any]]] = {
            "artwork_identity": ("object_number, position, identity", named),
            "artist_identity": ("identity", {(identity,) for *_, identity in named}),
            "artwork_place": (
                "object_number, position, latitude, longitude, identity",
                {(*place, *(each.whereabouts or (None,) * 3)) for place, each in self.places.items()},
            ),
        }
        for table, (columns, rows) in wanted.items():
            statement = sql.SQL("SELECT {} FROM {} WHERE museum = %s AND slot = %s").format(
                sql.SQL(columns), sql.Identifier("production", f"{table}_release")  # type: ignore[arg-type]
            )  # fmt: skip
            found = {tuple(row.values()) for row in conn.execute(statement, (self.slug, slot["slot"]))}
            yield from compared(f"rows of {table} in release {number}", found, rows)

    def _facts(self, conn: Connection, source: str) -> dict[str, dict[str, Any]]:
        rows = self._rows(conn, "staging.artwork_enrichments", "source, subject, facts")
        return {row["subject"]: row["facts"] for row in rows if row["source"] == source}

    def _rows(self, conn: Connection, table: str, columns: str) -> list[dict[str, Any]]:
        return conn.execute(f"SELECT {columns} FROM {table} WHERE museum = %s", (self.slug,)).fetchall()  # type: ignore[arg-type]


def _dated(named: list[NamedMaker]) -> bool:
    return any(each.dated for each in named)


def _joined_as(key: str, named: list[NamedMaker]) -> str:
    return f"{AUTHORITY}:{named[0].entry}" if _dated(named) else key
