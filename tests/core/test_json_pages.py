"""A page with bad records is read piece by piece: the good ones come through, the bad ones as their bytes."""

from __future__ import annotations

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.json_pages import UnreadableEntry, is_complete, read_json

GOOD = {"id": 1, "title": 'brackets [ { , in "strings" \\', "list": [1, [2]], "object": {"a": {}}}
BAD = [b'{"id":2,"t":"\\ud800"}', b'{"id":2,"t":"Caf\xe9"}', b'{"id":2,"x":NaN}', b'{"id":2,"x":1' + b"0" * 400 + b"}",
       b'{"id":2,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"id":2 "x"}', b'"\\udfff"']  # fmt: skip


def page(*entries: bytes) -> bytes:
    return b'{"found": 3, "items" : [' + b" , ".join(entries) + b'], "facets": {"a": []}}'


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_the_entries_beside_a_bad_one_are_read(bad: bytes) -> None:
    good = orjson.dumps(GOOD)
    found = read_json(page(good, bad, good))
    assert (found["found"], found["facets"]) == (3, {"a": []})
    first, entry, last = found["items"]
    assert first == last == GOOD
    assert isinstance(entry, UnreadableEntry)
    assert entry.raw == bad
    assert entry.reason
    assert is_complete(page(bad))


def test_a_lenient_look_finds_the_id_where_there_is_one() -> None:
    ids = [UnreadableEntry(bad, "").field("id") for bad in BAD]
    assert ids == [2, 2, 2, 2, None, None, None]


@pytest.mark.parametrize("body", [b"", b"[", b"<html>", b'{"a": "b', page(BAD[0])[:-1], page(BAD[0])[:40],
                                  page(BAD[0]) + b"x", b'{"title": "\\ud800"}', b"{,}", b'{"a" 1}'])  # fmt: skip
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(body)


def test_a_list_deeper_in_the_envelope_is_found() -> None:
    found = read_json(b'{"response": {"docs": [1, "\\ud800", 3]}, "n": 3}')
    assert found["response"]["docs"][::2] == [1, 3]
    assert isinstance(found["response"]["docs"][1], UnreadableEntry)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(json_values, max_size=6), st.integers(0, 6))
def test_any_entries_come_through_beside_a_bad_one(entries: list[object], place: int) -> None:
    bodies = [orjson.dumps(entry) for entry in entries]
    bodies.insert(place, BAD[0])
    found = read_json(page(*bodies))["items"]
    bad = [entry for entry in found if isinstance(entry, UnreadableEntry)]
    assert [entry for entry in found if not isinstance(entry, UnreadableEntry)] == entries
    assert len(bad) == 1


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with suppress(ValueError):
        read_json(body)
    is_complete(body)


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has no room for what is hostile here; nor has it for the real bounds' worth of it."""
    monkeypatch.setattr("museum_assets.core.json_pages.MOST_VALUES", 4_000)
    monkeypatch.setattr("museum_assets.core.json_pages.MOST_OF_ENTRY", 100)


def test_an_entry_that_would_fill_memory_is_one_bad_entry(tight: None) -> None:
    good = orjson.dumps(GOOD)
    first, entry, last = read_json(page(good, b'{"id":2,"x":[' + b"{}," * 5_000 + b"{}]}", good))["items"]
    assert first == last == GOOD
    assert (entry.reason, entry.field("id")) == ("it has 5,002 values, more than 100", None)


@pytest.mark.parametrize("body", [page(*[b"[" + b"{}," * 90 + b"{}]"] * 50), b"[" + b"0," * 4_500 + b"0]",
                                  b'{"a":{"b":{"c":{"d":[' + b"0," * 4_500 + b"0]}}}}"])  # fmt: skip
def test_a_page_that_would_fill_memory_is_refused(tight: None, body: bytes) -> None:
    with pytest.raises(ValueError, match="more than 4,000 values"):
        read_json(body)
