"""Reading records in other processes: the same as reading them here, in order, and a process that ends is noticed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
import psutil
import pytest

from museum_assets.failures import MuseumError
from museum_assets.loop.stage import Work
from museum_assets.museums import museum
from museum_assets.museums.smk import Smk
from museum_assets.stages import mapping_processes
from museum_assets.stages.mapping import STUMBLED, read_records
from museum_assets.stages.mapping_processes import CHUNK, Group, Helpers, read_all

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


def waited_for(helpers: Helpers) -> Group:
    """Have the processes started, and wait until they can be asked."""
    helpers.start()
    for _ in range(300):
        if group := helpers.ready():
            return group
        time.sleep(0.1)
    pytest.fail("the processes did not come within 30 s")


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Helpers:
    """Two processes that wait for records."""
    helpers = Helpers(2)
    waited_for(helpers)
    monkeypatch.setattr(mapping_processes, "_helpers", lambda: helpers)
    return helpers


def test_other_processes_read_as_this_one_does(two: Helpers, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    submit = two.submit

    def noted(*arguments: Any) -> Any:
        asked.append(arguments)
        return submit(*arguments)

    monkeypatch.setattr(two, "submit", noted)
    there = list(read_all(museum("smk"), works()))
    assert len(asked) == 3  # all but the first 500
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


def test_what_is_read_before_they_come_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers = Helpers(2)
    monkeypatch.setattr(mapping_processes, "_helpers", lambda: helpers)
    few = list(islice(works(), CHUNK - 1))
    assert len(list(read_all(museum("smk"), few))) == CHUNK - 1
    assert helpers._group is None  # not worth starting any
    assert len(list(read_all(museum("smk"), works()))) == COUNT
    assert helpers._group is not None


def test_processes_that_cannot_start_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers = Helpers(2)
    monkeypatch.setattr(mapping_processes, "_helpers", lambda: helpers)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    helpers.start()
    assert helpers._group
    assert helpers._group.first.wait(30) == 1
    assert len(list(read_all(museum("smk"), works()))) == COUNT


def test_a_museum_that_only_this_process_knows_is_read_here(two: Helpers, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(Smk):
        pass

    def refused(*_: object) -> None:
        pytest.fail("another process cannot know this class")

    monkeypatch.setattr(two, "submit", refused)
    assert len(list(read_all(Own(), works()))) == COUNT


@pytest.mark.parametrize("which", ["the first", "one that was forked"])
def test_a_process_that_is_killed_is_an_error_and_replaced(which: str) -> None:
    helpers = Helpers(2)
    group = waited_for(helpers)
    records = ["1"], [1], [payload(1)]
    (row,) = helpers.submit(group, "smk", records).result()
    ours = psutil.Process(group.first.pid)
    victim = ours if which == "the first" else ours.children()[0]
    victims = [ours, *ours.children()]
    for process in victims:
        process.suspend()
    asked = [helpers.submit(group, "smk", records) for _ in range(2)]
    with pytest.raises(TimeoutError):
        asked[0].result(0.5)
    victim.kill()
    for process in victims:
        if process != victim:
            process.resume()
    errors = [future.exception(30) for future in asked]
    (error,) = [each for each in errors if each]  # the other process answered
    assert isinstance(error, MuseumError)
    assert re.search(r"read records of smk ended: .*run again", str(error))
    assert helpers.ready() is None
    assert helpers.submit(waited_for(helpers), "smk", records).result() == [row]


def test_processes_end_with_the_one_that_started_them() -> None:
    program = (
        "import os, time\n"
        "from museum_assets.stages.mapping_processes import Helpers\n"
        "helpers = Helpers(2)\n"
        "helpers.start()\n"
        "while not (group := helpers.ready()):\n"
        "    time.sleep(0.05)\n"
        "print(group.first.pid, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        first = psutil.Process(int(parent.stdout.readline()))
        both = [first, *first.children()]
        assert len(both) == 2
        parent.kill()
        _, alive = psutil.wait_procs(both, timeout=30)
    assert not alive
