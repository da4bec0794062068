"""Reading records in other processes: the same as reading them here, in order, and a process that ends is noticed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from museum_assets.failures import MuseumError
from museum_assets.loop.stage import Work
from museum_assets.museums import museum
from museum_assets.museums.smk import Smk
from museum_assets.stages import mapping_processes
from museum_assets.stages.mapping import STUMBLED, read_records
from museum_assets.stages.mapping_processes import CHUNK, Helpers, read_all

COUNT = 3 * CHUNK + 7


def payload(number: int) -> bytes:
    """Every fifth is a rejection, every seventh malformed, and one in between breaks what JSON may be."""
    body: dict[str, Any] = {
        "id": str(number),
        "object_number": f"KMS{number}",
        "public_domain": number % 5 != 0,
        "titles": [{"title": "Æbler\u2028" * (number % 3)}] if number % 7 else "no list",
        "object_names": [{"name": "maleri"}],
        "image_thumbnail": f"https://iip-thumb.smk.dk/{number}.jpg",
    }
    return orjson.dumps(body) if number != COUNT // 2 else b'"no object"'


def works() -> Iterator[Work]:
    for number in range(COUNT):
        yield Work(str(number), b"", 0, None, {"seq": number, "payload": b"\1" + payload(number)})


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Helpers:
    """Two processes that help from the first record on."""
    helpers = Helpers(2)
    monkeypatch.setattr(mapping_processes, "ALONE", 0)
    monkeypatch.setattr(mapping_processes, "_helpers", lambda: helpers)
    return helpers


@pytest.mark.usefixtures("at_once")
def test_other_processes_read_as_this_one_does() -> None:
    there = list(read_all(museum("smk"), works()))
    assert [work.record_id for work, _ in there] == [str(number) for number in range(COUNT)]
    here = [read_records(museum("smk"), [str(n)], [n], [payload(n)])[0] for n in range(COUNT)]
    assert [reading for _, reading in there] == here
    assert {rest for _, rest in here if isinstance(rest, bytes)}
    assert {code for code, rest in here if isinstance(rest, str)} == {
        "not_public_domain",
        "malformed_record",
        STUMBLED,
    }
    assert all("payload" not in work.data for work, _ in there)


def test_a_museum_that_only_this_process_knows_is_read_here(at_once: Helpers, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(Smk):
        pass

    def refused(*_: object) -> None:
        pytest.fail("another process cannot know this class")

    monkeypatch.setattr(at_once, "submit", refused)
    assert len(list(read_all(Own(), works()))) == COUNT


def test_a_process_that_is_killed_is_an_error_and_replaced() -> None:
    helpers = Helpers(1)
    records = ["1"], [1], [payload(1)]
    (row,) = helpers.submit("smk", records).result()
    process = helpers._threads.submit(helpers._process).result()
    process.send_signal(signal.SIGSTOP)
    asked = helpers.submit("smk", records)
    with pytest.raises(TimeoutError):
        asked.result(0.5)
    process.kill()
    with pytest.raises(MuseumError, match=r"read records of smk ended with -9: .*run again"):
        asked.result()
    assert helpers.submit("smk", records).result() == [row]


def test_a_process_ends_with_the_one_that_started_it() -> None:
    helpers = Helpers(1)
    process = helpers._threads.submit(helpers._process).result()
    assert process.stdin
    process.stdin.close()
    assert process.wait(30) == 0
