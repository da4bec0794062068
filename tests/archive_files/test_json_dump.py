"""Dumps of JSON: entry by entry, whatever the blocks cut through."""

from __future__ import annotations

import io
import json

import pytest

from museum_assets.archive_files.read import json_dump
from museum_assets.archive_files.read.json_dump import json_entries, json_lines
from museum_assets.core.failures import Malformed

ENTRIES = [{"id": n, "title": 'Æble "1", [2] {3}', "more": [n] * n} for n in range(40)]


@pytest.fixture(autouse=True, params=[7, 64, 1 << 20])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_dump, "BLOCK_BYTES", request.param)


def stream(text: str) -> io.RawIOBase:
    return io.BytesIO(text.encode())  # type: ignore[return-value] # it reads alike


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("start", [0, 1, 39, 40])
def test_a_list_and_a_list_under_a_key(indent: int | None, start: int) -> None:
    expected = list(enumerate(ENTRIES, 1))[start:]
    alone = json.dumps(ENTRIES, indent=indent)
    within = json.dumps({"meta": 1, "data": {"items": ENTRIES}}, indent=indent)
    assert list(json_entries(stream(f"\ufeff{alone}"), None, start)) == expected
    assert list(json_entries(stream(within), "data.items", start)) == expected


@pytest.mark.parametrize("text", ['{"a": 1}', "", "[1, 2", "[1, {]", '{"items": {}}'])
def test_another_document_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        list(json_entries(stream(text), "items" if "items" in text else None, 0))


def test_lines_of_which_one_is_broken() -> None:
    found = list(json_lines(stream('{"id": 1}\n\n{"id": \n{"id": 3}'), 0))
    assert [number for number, _ in found] == [1, 2, 3]
    assert isinstance(found[1][1], Malformed)
    assert (found[1][1].evidence, found[2][1]) == (b'{"id":', {"id": 3})
    assert [number for number, _ in json_lines(stream('{"id": 1}\n{"id": 3}'), 1)] == [2]
