"""transformed_artworks: every raw record becomes an artwork, a rejection with a code, or a duplicate of another."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from psycopg import sql
from psycopg.errors import UniqueViolation

from museum_assets.failures import Failure
from museum_assets.loop.ledger import copy_packed
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, failed
from museum_assets.museums.museum import Museum
from museum_assets.stages.mapping import COLUMNS, STUMBLED, mapping_contract
from museum_assets.stages.mapping_processes import read_all
from resources.postgres import Connection
from sql import query

DUPLICATE = "duplicate_object_number"

Claim = tuple[str, int, str]
"""A record's claim to an object number: the number, its place in the order of storing, its id."""


class Transform(Stage):
    """Raw records to staging.artwork."""

    name: ClassVar[str] = "transformed_artworks"
    # Its output is the record that a duplicate lost to.
    external: ClassVar[bool] = False
    batch_size: ClassVar[int] = 5000

    def __init__(self, museum: Museum) -> None:
        self.museum = museum
        self.contract = mapping_contract(museum.slug)
        self._met_staged = False

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Read each payload; what the museum module rejects is an outcome with its code."""
        for work, reading in read_all(self.museum, works):
            code, rest = reading
            if isinstance(rest, bytes):
                yield Outcome(work, "done", value=reading)
            elif code == STUMBLED:
                yield failed(work, Failure(rest, code=code, permanent=True))
            else:
                yield Outcome(work, "rejected", code, rest)

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Stage the artworks; of two records with one object number the one stored first wins."""
        if self._all_new(conn, outcomes):
            return outcomes
        claims = [(o.value[0], o.work.data["seq"], o.work.record_id) for o in outcomes if o.status == "done"]
        staged = self._staged(conn, museum, claims, [o.work.record_id for o in outcomes if o.work.recorded])
        if not staged and len({number for number, _, _ in claims}) == len(claims):
            _stage(conn, outcomes, staged)
            return outcomes
        batch = {o.work.record_id for o in outcomes}
        winners = _winners(claims, {id_: place for id_, place in staged.items() if id_ not in batch})
        losers = {id_: winners[number] for number, _, id_ in claims if winners[number] != id_}
        final = [_as_duplicate(o, losers[o.work.record_id]) if o.work.record_id in losers else o for o in outcomes]
        self._clear(conn, museum, final, staged, winners)
        _stage(conn, final, staged)
        return final

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        """Delete the artworks of withdrawn records."""
        self._delete(conn, museum, [leftover.record_id for leftover in leftovers])

    def _all_new(self, conn: Connection, outcomes: Sequence[Outcome]) -> bool:
        """Stage records that no run has met without looking who has their numbers; False if the keys say otherwise.

        Looking takes 3 of 20 µs a record. Once a batch met what is staged, the next ones probably do as well: a museum
        that gives numbers twice does so throughout.
        """
        if self._met_staged or any(o.work.recorded for o in outcomes):
            return False
        try:
            with conn.transaction():
                _stage(conn, outcomes, frozenset())
        except UniqueViolation:
            self._met_staged = True
        return not self._met_staged

    def _staged(
        self, conn: Connection, museum: str, claims: Sequence[Claim], record_ids: list[str]
    ) -> dict[str, tuple[str, int]]:
        """Return {record id: (object number, seq)} of staged artworks that this batch may touch."""
        found = conn.execute(
            "SELECT record_id, object_number, record_seq FROM staging.artwork"
            " WHERE museum = %(museum)s AND object_number = ANY(%(numbers)s)"
            " UNION SELECT record_id, object_number, record_seq FROM staging.artwork"
            " WHERE museum = %(museum)s AND record_id = ANY(%(ids)s)",
            {"museum": museum, "numbers": tuple([number for number, _, _ in claims]), "ids": tuple(record_ids)},
        )
        return {row["record_id"]: (row["object_number"], row["record_seq"]) for row in found}

    def _clear(
        self,
        conn: Connection,
        museum: str,
        outcomes: Sequence[Outcome],
        staged: dict[str, tuple[str, int]],
        winners: dict[str, str],
    ) -> None:
        """Take out staged rows that are no longer right: rejected, lost, renumbered or displaced."""
        numbers = {o.work.record_id: o.value[0] for o in outcomes if o.status == "done"}
        batch = {o.work.record_id for o in outcomes}
        wrong = [id_ for id_ in batch & staged.keys() if numbers.get(id_) != staged[id_][0]]
        displaced = [
            id_ for id_, (number, _) in staged.items()
            if id_ not in batch and winners.get(number, id_) != id_
        ]  # fmt: skip
        self._delete(conn, museum, wrong + displaced)
        for id_ in displaced:
            number = staged[id_][0]
            params = {"museum": museum, "stage": self.name, "loser": id_, "winner": winners[number],
                      "code": DUPLICATE, "message": _duplicate_message(number, winners[number])}  # fmt: skip
            conn.execute(query("artwork_displace"), params)

    def _delete(self, conn: Connection, museum: str, record_ids: list[str]) -> None:
        if record_ids:
            params: dict[str, Any] = {"museum": museum, "stage": self.name, "record_ids": record_ids}
            conn.execute(query("artwork_delete"), params)


def _winners(claims: Sequence[Claim], others: dict[str, tuple[str, int]]) -> dict[str, str]:
    """Return {object number: record id} of the record stored first, among the batch and the other staged ones."""
    best: dict[str, tuple[int, str]] = {}
    for number, seq, id_ in [*claims, *((number, seq, id_) for id_, (number, seq) in others.items())]:
        if number not in best or (seq, id_) < best[number]:
            best[number] = (seq, id_)
    return {number: id_ for number, (_, id_) in best.items()}


def _duplicate_message(number: str, winner: str) -> str:
    return f"object number {number} is already that of record {winner}, which was stored first"


def _as_duplicate(outcome: Outcome, winner: str) -> Outcome:
    return outcome._replace(
        status="duplicate",
        code=DUPLICATE,
        message=_duplicate_message(outcome.value[0], winner),
        output=winner,
    )


def _stage(conn: Connection, outcomes: Sequence[Outcome], staged: Container[str]) -> None:
    """Write a batch's winners: those that were not staged before by COPY, the others by one statement."""
    winners = [o for o in outcomes if o.status == "done"]
    names = list(COLUMNS)
    if new := [o.value[1] for o in winners if o.work.record_id not in staged]:
        copy_packed(conn, "staging.artwork", names, new)
    if old := [o.value[1] for o in winners if o.work.record_id in staged]:
        conn.execute("CREATE TEMP TABLE IF NOT EXISTS artwork_batch (LIKE staging.artwork) ON COMMIT DELETE ROWS")
        # updated_at is NOT NULL in the copied shape; the default is not copied by LIKE, and the value not needed.
        conn.execute("ALTER TABLE artwork_batch DROP COLUMN IF EXISTS updated_at")
        copy_packed(conn, "artwork_batch", names, old)
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        excluded = sql.SQL(", ").join(sql.Identifier("excluded", name) for name in names)
        conn.execute(sql.SQL(query("artwork_upsert")).format(columns=columns, excluded=excluded))
