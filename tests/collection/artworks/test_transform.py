"""The transform over real tables: duplicates, rejections, renumberings, and equality with a fresh run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from museum_assets.collection.artworks.mapping import mapping_contract, search_text
from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.artworks.transform import TransformStage
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options, Outcome, Work
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.artwork import Artwork
from resources.postgres import Database, scalar
from tests.support import stages
from tests.support.copying_stage import Killed
from tests.support.places import ROOT
from tests.support.transforms import ARTWORKS, LEDGER, fate, numbers, payload, put, run, settle, withdraw


def test_an_unchanged_row_is_not_touched(database: Database) -> None:
    put(database, payload("a", "1"), payload("b", "2"))
    assert run(database).done == 2
    with database.connect() as conn:
        before = conn.execute(ARTWORKS).fetchall()
    assert run(database).unchanged == 2
    assert run(database, Options(force=True)).done == 2
    with database.connect() as conn:
        assert conn.execute(ARTWORKS).fetchall() == before


def test_a_record_rejected_later_loses_its_artwork(database: Database) -> None:
    put(database, payload("a", "1"))
    run(database)
    put(database, payload("a", "1", open_=False))
    assert run(database).codes == {"not_public_domain": 1}
    assert numbers(database) == {}
    assert fate(database, "a") == ("rejected", "not_public_domain", None)


def test_a_changed_mapping_reads_everything_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    put(database, payload("a", "1"))
    run(database)
    monkeypatch.setattr("museum_assets.collection.artworks.mapping.mapping_contract", lambda slug: "mapping:new")
    assert run(database).done == 1


def test_a_new_year_reads_again_what_depends_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def contracts(year: int) -> dict[str, str]:
        monkeypatch.setattr("museum_assets.collection.artworks.mapping.this_year", lambda: year)
        return {slug: mapping_contract(slug) for slug in MUSEUMS}

    before, after = contracts(2026), contracts(2027)
    assert {slug for slug in MUSEUMS if before[slug] != after[slug]} == {
        slug for slug in MUSEUMS if museum(slug).yearly
    }


def test_a_bug_in_a_mapping_costs_one_record(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    put(database, payload("a", "1"), payload("b", "2"))
    run(database)
    smk = museum("smk")
    read = type(smk).read

    def broken(self: Any, body: dict[str, Any]) -> Artwork:
        if body["id"] == "b":
            raise KeyError("creator")
        return read(self, body)

    monkeypatch.setattr(type(smk), "read", broken)
    counts = run(database, Options(force=True))
    assert (counts.done, counts.failed, counts.codes) == (1, 1, {"internal": 1})
    assert numbers(database) == {"a": "1"}
    with database.connect() as conn:
        message = scalar(conn, "SELECT message FROM ops.ledger WHERE record_id = 'b'")
        found = books(conn, "smk", transformed_artworks)
    assert "museums/smk.py stumbled over b: KeyError: 'creator'. Mend it (`museum try smk FILE`" in message
    assert (found.made, found.stored, found.failed) == (1, 1, 1)


def test_the_grace_period_keeps_a_withdrawn_artwork(database: Database) -> None:
    put(database, payload("a", "1"))
    run(database)
    with database.connect() as conn:
        conn.execute("UPDATE raw.record SET withdrawn_at = now() - interval '6 days'")
    run(database)
    assert numbers(database) == {"a": "1"}
    with database.connect() as conn:
        conn.execute("UPDATE raw.record SET withdrawn_at = now() - interval '8 days'")
    assert run(database).removed == 1
    assert numbers(database) == {}


def test_search_text() -> None:
    fields = payload("a", "1") | {"artist": ["Anna Ancher"]}
    artwork = museum("smk").read(fields)
    assert search_text(artwork) == "Title, by Anna Ancher, painting"
    assert search_text(museum("smk").read(payload("a", "1", title=None))) is None


CHANGES = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["1", "2", "3", "closed", "away"])), max_size=4),
        st.sampled_from([None, None, 1, 2, "killed"]),
    ),
    min_size=1,
    max_size=6,
)


class Dying(TransformStage):
    """Stops in the middle, with small batches, as a killed process would."""

    batch_size = 2

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        for number, outcome in enumerate(super().process(works)):
            if number == 3:
                raise Killed
            yield outcome


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_increments_end_where_a_fresh_run_does(database: Database, changes: list[Any]) -> None:
    with database.connect() as conn:
        conn.execute("TRUNCATE raw.record, staging.artwork, ops.ledger")
    for batch, how in changes:
        for id_, what in batch:
            if what == "away":
                withdraw(database, id_)
            else:
                put(database, payload(id_, "9" if what == "closed" else what, open_=what != "closed"))
        if how == "killed":
            with suppress(Killed):
                run_stage(database, "smk", stages.transform(museum("smk"), Dying))
        else:
            run(database, Options(limit=how))
    settle(database)
    strip = ("record_id", "object_number", "row_hash", "record_seq")

    def outcome() -> tuple[Any, ...]:
        with database.connect() as conn:
            artworks = [tuple(row[name] for name in strip) for row in conn.execute(ARTWORKS)]
            return artworks, [tuple(row.values()) for row in conn.execute(LEDGER)]

    incremental = outcome()
    with database.connect() as conn:
        conn.execute("TRUNCATE staging.artwork, ops.ledger")
    settle(database)
    assert incremental == outcome()


RECORDS = 200_000


MEASURED = """
import sys
from bench.peak import peak_bytes
from museum_assets.loop.run import run_stage
from museum_assets.museums import museum
from resources.postgres import Database
from tests.support import stages

counts = run_stage(Database(sys.argv[1]), "smk", stages.transform(museum("smk")))
print(counts.done, round(counts.seconds), peak_bytes() // 2**20)
"""


def test_memory_stays_flat_in_the_number_of_records(database: Database) -> None:
    """200,000 records of 1.6 kB are 320 MB of payloads: they may not be in memory at once."""
    body = payload("@", "KMS@") | {"notes": [{"text": "n" * 1200}]}
    with database.connect() as conn:
        conn.execute(
            "INSERT INTO raw.record (museum, record_id, payload_hash, payload)"
            " SELECT 'smk', n::text, int4send(n), replace(%s, '@', n::text)::jsonb FROM generate_series(1, %s) n",
            (orjson.dumps(body).decode(), RECORDS),
        )
    done = subprocess.run([sys.executable, "-c", MEASURED, database.url], cwd=ROOT,
                          capture_output=True, text=True, check=True)  # fmt: skip
    count, seconds, megabytes = map(int, done.stdout.split())
    assert count == RECORDS
    assert megabytes < 400, f"{megabytes} MB after {seconds} s"
