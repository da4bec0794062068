"""Mapping records in other processes: the results are those of this process, in order, and a dead one is replaced."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from museum_assets.collection.artworks import mapping_processes
from museum_assets.collection.artworks.mapping import read_records
from museum_assets.collection.artworks.mapping_processes import (
    RECORDS_PER_CHUNK,
    MappingProcesses,
    ProcessGroup,
    RecordColumns,
    one_by_one,
    read_all,
)
from museum_assets.core.crashes import INTERNAL, Crash
from museum_assets.core.failures import MuseumError
from museum_assets.loop.stage import Work
from museum_assets.museums import museum
from museum_assets.museums.smk import Smk

pytestmark = pytest.mark.slow  # it starts processes, or waits

COUNT = 3 * RECORDS_PER_CHUNK + 7


def payload(number: int) -> bytes:
    """Return a payload: every fifth is rejected, every seventh malformed, and one in between is no JSON object."""
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
        yield Work(str(number), b"", 0, None, {"seq": number, "payload": b"\1" + payload(number), "corrections": None})


def waited_for(processes: MappingProcesses) -> ProcessGroup:
    """Start the processes, and return them once all are ready."""
    processes.start()
    for _ in range(300):
        if group := processes.ready():
            return group
        time.sleep(0.1)
    pytest.fail("the processes did not come within 30 s")


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> MappingProcesses:
    """Two processes that wait for records."""
    processes = MappingProcesses(2)
    waited_for(processes)
    monkeypatch.setattr(mapping_processes, "_mapping_processes", lambda: processes)
    return processes


def test_other_processes_read_as_this_one_does(two: MappingProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert {each[1] for each in here if isinstance(each[1], bytes)}
    assert {each[0] for each in here if isinstance(each[1], str)} == {"not_public_domain", "malformed_record"}
    assert {each[0] for each in here if isinstance(each[1], Crash)} == {INTERNAL}
    assert all("payload" not in work.data for work, _ in there)


def test_what_is_read_before_they_come_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = MappingProcesses(2)
    monkeypatch.setattr(mapping_processes, "_mapping_processes", lambda: processes)
    few = list(islice(works(), RECORDS_PER_CHUNK - 1))
    assert len(list(read_all(museum("smk"), few))) == RECORDS_PER_CHUNK - 1
    assert processes._group is None  # not worth starting any
    assert len(list(read_all(museum("smk"), works()))) == COUNT
    assert processes._group is not None


def test_processes_that_cannot_start_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = MappingProcesses(2)
    monkeypatch.setattr(mapping_processes, "_mapping_processes", lambda: processes)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    processes.start()
    assert processes._group
    assert processes._group.first.wait() == 1
    assert len(list(read_all(museum("smk"), works()))) == COUNT


def test_a_museum_that_only_this_process_knows_is_read_here(
    two: MappingProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Own(Smk):
        pass

    def refused(*_: object) -> None:
        pytest.fail("another process cannot know this class")

    monkeypatch.setattr(two, "submit", refused)
    assert len(list(read_all(Own(), works()))) == COUNT


@pytest.mark.parametrize("which", ["the first", "one that was forked"])
def test_the_records_of_a_process_that_is_killed_are_read_by_another(which: str) -> None:
    processes = MappingProcesses(2)
    group = waited_for(processes)
    records: RecordColumns = ["1"], [1], [payload(1)], [None], {}
    (row,) = processes.submit(group, "smk", records).result()
    ours = psutil.Process(group.first.pid)
    victim = ours if which == "the first" else ours.children()[0]
    victims = [ours, *ours.children()]
    for process in victims:
        process.suspend()
    asked = [processes.submit(group, "smk", records) for _ in range(2)]
    with pytest.raises(TimeoutError):
        asked[0].result(0.5)
    victim.kill()
    for process in victims:
        if process != victim:
            process.resume()
    assert [future.result() for future in asked] == [[row], [row]]
    assert processes.submit(waited_for(processes), "smk", records).result() == [row]


POISON = """
import os
from museum_assets.museums.smk import Smk
read = Smk.read
Smk.read = lambda self, payload: os._exit(3) if payload["id"] in {"600", "650"} else read(self, payload)
"""


def test_a_record_that_ends_its_process_fails_alone(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(POISON)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    request.getfixturevalue("two")
    there = {work.record_id: reading for work, reading in read_all(museum("smk"), works())}
    assert len(there) == COUNT
    for number in range(COUNT):
        if number not in {600, 650, COUNT // 2}:  # the last is no object, which the poison finds before the mapping
            assert [there[str(number)]] == read_records(museum("smk"), [str(number)], [number], [payload(number)])
    for poison in "600", "650":
        code, crash = there[poison][:2]
        assert code == INTERNAL
        assert isinstance(crash, Crash)
        assert f"reading {poison} ended the process that did it (status 3)" in crash.message


def test_that_no_process_can_be_started_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(MuseumError, match=r"no process that reads records of smk can be started: .*run again"):
        one_by_one("smk", (["1"], [1], [payload(1)], [None], {}))


def test_processes_end_with_the_one_that_started_them() -> None:
    program = (
        "import os, time\n"
        "from museum_assets.collection.artworks.mapping_processes import MappingProcesses\n"
        "processes = MappingProcesses(2)\n"
        "processes.start()\n"
        "while not (group := processes.ready()):\n"
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
        psutil.wait_procs(both)
