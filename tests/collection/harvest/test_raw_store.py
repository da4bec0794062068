"""Storing raw records in the real table."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from museum_assets.collection.harvest.raw_store import PreparedRecord, StoreCounts, compare, prepare, store
from museum_assets.museums.museum import RawRecord
from resources.postgres import Database

NONE: frozenset[str] = frozenset()


def keep(database: Database, *records: RawRecord, volatile: frozenset[str] = NONE) -> StoreCounts:
    with database.connect() as conn, conn.transaction():
        return store(conn, "smk", compare(conn, "smk", prepare(records, volatile)))


def prepared(payload: dict[str, Any], volatile: frozenset[str] = NONE) -> PreparedRecord:
    (only,) = prepare([RawRecord("a", payload)], volatile)
    return only


def stored(database: Database) -> dict[str, dict[str, Any]]:
    with database.connect() as conn:
        return {row["record_id"]: row for row in conn.execute("SELECT *, xmin FROM raw.record")}


def test_new_changed_unchanged(database: Database) -> None:
    assert keep(database, RawRecord("a", {"t": 1}), RawRecord("b", {"t": 1})) == StoreCounts(2, 0, 0)
    first = stored(database)
    assert keep(database, RawRecord("a", {"t": 1}), RawRecord("b", {"t": 2})) == StoreCounts(0, 1, 1)
    second = stored(database)
    assert second["a"] == first["a"], "an unchanged record's row is not touched"
    assert second["b"]["payload"] == {"t": 2}
    assert second["b"]["seq"] == first["b"]["seq"], "what was stored first stays first"
    assert second["b"]["fetched_at"] > first["b"]["fetched_at"]


def test_a_withdrawn_record_that_reappears_is_live_again(database: Database) -> None:
    keep(database, RawRecord("a", {"t": 1}))
    with database.connect() as conn:
        conn.execute("UPDATE raw.record SET withdrawn_at = now(), withdrawn_reason = 'absent'")
    assert keep(database, RawRecord("a", {"t": 1})) == StoreCounts(0, 1, 0)
    row = stored(database)["a"]
    assert (row["withdrawn_at"], row["withdrawn_reason"]) == (None, None)


def test_of_one_id_twice_the_last_is_kept(database: Database) -> None:
    assert keep(database, RawRecord("a", {"t": 1}), RawRecord("a", {"t": 2})) == StoreCounts(1, 0, 0)
    assert stored(database)["a"]["payload"] == {"t": 2}


def test_volatile_keys_are_kept_but_do_not_count(database: Database) -> None:
    volatile = frozenset({"modified"})
    keep(database, RawRecord("a", {"t": 1, "modified": "2020"}), volatile=volatile)
    assert keep(database, RawRecord("a", {"t": 1, "modified": "2021"}), volatile=volatile) == StoreCounts(0, 0, 1)
    assert keep(database, RawRecord("a", {"t": 2, "modified": "2021"}), volatile=volatile) == StoreCounts(0, 1, 0)
    assert stored(database)["a"]["payload"] == {"t": 2, "modified": "2021"}


def test_the_order_of_keys_does_not_count() -> None:
    one, other = {"a": 1, "b": {"c": 1, "d": 2}}, {"b": {"d": 2, "c": 1}, "a": 1}
    assert prepared(one).digest == prepared(other).digest
    assert prepared({"a": [1, 2]}).digest != prepared({"a": [2, 1]}).digest


def test_nul_characters_are_dropped_and_do_not_change_again(database: Database) -> None:
    record = RawRecord("a", {"te\x00xt": ["OCR\x00", {"deep": "\x00x"}], "n": 1})
    assert keep(database, record) == StoreCounts(1, 0, 0)
    assert stored(database)["a"]["payload"] == {"text": ["OCR", {"deep": "x"}], "n": 1}
    assert keep(database, record) == StoreCounts(0, 0, 1)


def test_an_escaped_backslash_is_not_a_nul() -> None:
    assert prepared({"a": "\\u0000"}).body == b'{"a":"\\\\u0000"}'


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def without_nul(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value).replace(b"\\u0000", b""))


@given(st.dictionaries(TEXT, JSON, max_size=5), st.frozensets(TEXT, max_size=3))
def test_the_body_is_the_whole_payload_whatever_is_volatile(payload: dict[str, Any], volatile: frozenset[str]) -> None:
    assert orjson.loads(prepared(payload, volatile).body) == without_nul(payload)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(TEXT, JSON, max_size=4), min_size=1, max_size=20))
def test_any_json_object_can_be_stored_once(database: Database, payloads: list[dict[str, Any]]) -> None:
    with database.connect() as conn:
        conn.execute("TRUNCATE raw.record")
    records = [RawRecord(str(n), payload) for n, payload in enumerate(payloads)]
    assert keep(database, *records) == StoreCounts(len(records), 0, 0)
    assert keep(database, *records) == StoreCounts(0, 0, len(records))
