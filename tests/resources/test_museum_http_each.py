"""Many requests of the museum client at a time: their order, their number and their end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count

import pytest

from museum_assets.core.failures import Gone
from tests.support.clock import wait_until
from tests.support.museum_clients import Connect
from tests.support.scripted_server import Answer, ScriptedServer, answer


def after(seconds: float, body: bytes = b"{}", status: int = 200) -> Answer:
    def wait(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        answer(body, status)(handler)

    return wait


def test_each_keeps_the_order_and_yields_failures(server: ScriptedServer, connect: Connect) -> None:
    for number in range(20):
        server.scripts[f"/{number}"] = [after((20 - number) * 0.01, b"%d" % number, 404 if number % 5 == 3 else 200)]
    client = connect(concurrency=4)
    found = list(client.json_each(f"/{number}" for number in range(20)))
    assert [path for path, _ in found] == [f"/{number}" for number in range(20)]
    for number, (_, outcome) in enumerate(found):
        assert isinstance(outcome, Gone) if number % 5 == 3 else outcome == number
    assert 2 <= server.most_at_once <= 4
    assert client.requests == 20


def test_text_each(server: ScriptedServer, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"<a/>", kind="text/xml")]
    (one, text), (two, failure) = connect().text_each(["/1", "/2"])
    assert (one, text, two, type(failure)) == ("/1", "<a/>", "/2", Gone)


def test_each_of_nothing(connect: Connect) -> None:
    assert list(connect().json_each([])) == []


def test_each_takes_no_more_than_it_needs_and_stops_when_closed(server: ScriptedServer, connect: Connect) -> None:
    taken: list[int] = []
    release = threading.Event()

    def held(handler: BaseHTTPRequestHandler) -> None:
        release.wait()
        answer()(handler)

    def paths() -> Iterator[str]:
        for number in count():
            taken.append(number)
            server.scripts[f"/{number}"] = [held if number else answer()]
            yield f"/{number}"

    each = connect(concurrency=2).json_each(paths())
    assert taken == []
    assert next(each)[0] == "/0"
    assert taken == [0, 1, 2, 3]
    wait_until(lambda: len(server.asked) == 3)
    each.close()  # type: ignore[attr-defined]
    release.set()
    wait_until(lambda: not any(thread.name.startswith("smk-http") for thread in threading.enumerate()))
    assert {path for path, _ in server.asked} == {"/0", "/1", "/2"}  # the fourth was waiting for its turn
    assert taken == [0, 1, 2, 3]


def test_a_fault_of_ours_is_raised_not_yielded(connect: Connect) -> None:
    with pytest.raises(AttributeError):
        list(connect().json_each([None]))  # type: ignore[list-item]
