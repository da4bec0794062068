"""transformed_artworks: every raw record becomes an artwork, a rejection with a code, or a duplicate of another."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from psycopg import sql
from psycopg.errors import UniqueViolation

from museum_assets.collection.artworks.beside import TABLES
from museum_assets.collection.artworks.mapping import ARTWORK_COLUMNS, row_hash
from museum_assets.collection.artworks.mapping_processes import read_all
from museum_assets.core.crashes import Crash
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work
from museum_assets.museums.museum import Museum
from resources.copying import copy_packed
from resources.postgres import Connection
from sql import query

DUPLICATE = "duplicate_object_number"

Claim = tuple[str, int, str]
"""(object number, sequence number, record id): a record's claim to an object number."""


class TransformStage(Stage):
    """The stage that maps raw records to staging.artwork, and what they say beside to `beside.TABLES`."""

    # `output` names the record that has a duplicate's object number: nothing outside Postgres.
    external: ClassVar[bool] = False
    batch_size = 5000

    def __init__(self, museum: Museum, terms: Callable[[], Mapping[str, str]] = dict) -> None:
        self.museum = museum
        self._terms = terms
        self._number_taken = False

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Read each payload; what the museum module rejects is an outcome with its code."""
        for work, reading in read_all(self.museum, works, self._terms()):
            code, rest = reading[:2]
            if isinstance(rest, bytes):
                yield Outcome(work, "done", value=reading, output_hash=row_hash(rest))
            elif isinstance(rest, Crash):
                yield Outcome(work, "failed", code, rest.message, permanent=True, trace=rest.traceback or None)
            else:
                yield Outcome(work, "rejected", code, rest)

    def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Stage the artworks; of two records with one object number the one stored first wins, or a chosen one."""
        if self._stage_new(conn, slug, outcomes):
            return outcomes
        claims = [(o.value[0], o.work.data["seq"], o.work.record_id) for o in outcomes if o.status == "done"]
        staged = self._staged(conn, slug, claims, [o.work.record_id for o in outcomes if o.work.recorded])
        if not staged and len({number for number, _, _ in claims}) == len(claims):
            _stage(conn, slug, outcomes, staged)
            return outcomes
        batch = {o.work.record_id for o in outcomes}
        winners = _winners(claims, {id_: place for id_, place in staged.items() if id_ not in batch})
        losers = {id_: winners[number] for number, _, id_ in claims if winners[number][1] != id_}
        final = [_as_duplicate(o, losers[o.work.record_id]) if o.work.record_id in losers else o for o in outcomes]
        self._clear(conn, slug, final, staged, winners)
        _stage(conn, slug, final, staged)
        return final

    def remove(self, conn: Connection, slug: str, leftovers: Sequence[Leftover]) -> None:
        """Delete the artworks of withdrawn records."""
        self._delete(conn, slug, [leftover.record_id for leftover in leftovers])

    def facts(self, conn: Connection, slug: str) -> Mapping[str, Any]:
        """Return what was wrong with the museum's texts and was repaired, by field."""
        rows = conn.execute(query("artworks.repairs"), {"museum": slug}).fetchall()
        lines = [f"{row['repair']}: {row['artworks']} artworks, such as {row['example']}" for row in rows]
        return {"repaired texts": "; ".join(lines)} if lines else {}

    def _stage_new(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> bool:
        """Stage a batch of new records without looking up their numbers; return False when one is taken.

        Looking up takes 3 of 20 µs a record. After a batch with a taken number it is always done: a museum that gives
        numbers twice does so throughout.
        """
        if self._number_taken or any(o.work.recorded for o in outcomes):
            return False
        try:
            with conn.transaction():
                _stage(conn, slug, outcomes, frozenset())
        except UniqueViolation:
            self._number_taken = True
        return not self._number_taken

    def _staged(
        self, conn: Connection, slug: str, claims: Sequence[Claim], record_ids: list[str]
    ) -> dict[str, tuple[str, int]]:
        """Return {record id: (object number, seq)} of staged artworks that this batch may touch."""
        found = conn.execute(
            query("artworks.touched"),
            {"museum": slug, "numbers": tuple([number for number, _, _ in claims]), "ids": tuple(record_ids)},
        )
        return {row["record_id"]: (row["object_number"], row["record_seq"]) for row in found}

    def _clear(
        self,
        conn: Connection,
        slug: str,
        outcomes: Sequence[Outcome],
        staged: dict[str, tuple[str, int]],
        winners: dict[str, tuple[int, str]],
    ) -> None:
        """Delete staged rows that are no longer right: rejected, lost, renumbered or displaced."""
        numbers = {o.work.record_id: o.value[0] for o in outcomes if o.status == "done"}
        batch = {o.work.record_id for o in outcomes}
        wrong = [id_ for id_ in batch & staged.keys() if numbers.get(id_) != staged[id_][0]]
        displaced = [
            id_ for id_, (number, _) in staged.items()
            if id_ not in batch and number in winners and winners[number][1] != id_
        ]  # fmt: skip
        self._delete(conn, slug, wrong + displaced)
        self._free_losers(conn, slug, outcomes, staged)
        for id_ in displaced:
            number = staged[id_][0]
            params = {"museum": slug, "stage": self.name, "loser": id_, "winner": winners[number][1],
                      "code": DUPLICATE, "message": _duplicate_message(number, winners[number])}  # fmt: skip
            conn.execute(query("artworks.displace"), params)

    def _free_losers(
        self, conn: Connection, slug: str, outcomes: Sequence[Outcome], staged: dict[str, tuple[str, int]]
    ) -> None:
        """Have those judged anew that lost to a record which was chosen and is no longer."""
        weaker = [
            o.work.record_id for o in outcomes
            if o.work.record_id in staged and staged[o.work.record_id][1] < o.work.data["seq"]
        ]  # fmt: skip
        if weaker:
            params = {"museum": slug, "stage": self.name, "record_ids": weaker}
            conn.execute(query("artworks.free_losers"), params)

    def _delete(self, conn: Connection, slug: str, record_ids: list[str]) -> None:
        if record_ids:
            params: dict[str, Any] = {"museum": slug, "stage": self.name, "record_ids": record_ids}
            conn.execute(query("artworks.remove"), params)


def _winners(claims: Sequence[Claim], others: dict[str, tuple[str, int]]) -> dict[str, tuple[int, str]]:
    """Return {object number: (seq, record id)} of the lowest seq, among the batch and the other staged records.

    That is the record stored first, or one that a person chose: its seq is below 0.
    """
    best: dict[str, tuple[int, str]] = {}
    for number, seq, id_ in [*claims, *((number, seq, id_) for id_, (number, seq) in others.items())]:
        if number not in best or (seq, id_) < best[number]:
            best[number] = (seq, id_)
    return best


def _duplicate_message(number: str, winner: tuple[int, str]) -> str:
    seq, record_id = winner
    if seq < 0:
        return (
            f"object number {number} is that of record {record_id}, which a person chose: see `museum corrections list`"
        )
    return f"object number {number} is already that of record {record_id}, which was stored first"


def _as_duplicate(outcome: Outcome, winner: tuple[int, str]) -> Outcome:
    return outcome._replace(
        status="duplicate",
        code=DUPLICATE,
        message=_duplicate_message(outcome.value[0], winner),
        output=winner[1],
        output_hash=None,
    )


def _stage(conn: Connection, slug: str, outcomes: Sequence[Outcome], staged: Container[str]) -> None:
    """Write a batch's winners: those not staged before by COPY, the others by one statement. Then the rows beside."""
    winners = [o for o in outcomes if o.status == "done"]
    names = list(ARTWORK_COLUMNS)
    if new := [o.value[1] for o in winners if o.work.record_id not in staged]:
        copy_packed(conn, "staging.artwork", names, new)
    if known := [o.value[1] for o in winners if o.work.record_id in staged]:
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        conn.execute(sql.SQL(query("artworks.batch")).format(columns=columns))
        copy_packed(conn, "artwork_batch", names, known)
        old_and_new = {
            place: sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)
            for place, alias in {"old": "a", "excluded": "excluded"}.items()
        }
        conn.execute(sql.SQL(query("artworks.store")).format(columns=columns, **old_and_new))
        numbers = [o.value[0] for o in winners if o.work.record_id in staged]
        conn.execute(query("artworks.remove_beside"), {"museum": slug, "numbers": numbers})
    for place, table in enumerate(TABLES):
        if rows := [row for o in winners for row in o.value[2][place]]:
            copy_packed(conn, table.table, table.columns, rows)
