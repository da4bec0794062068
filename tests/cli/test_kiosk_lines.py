"""The lines of `museum kiosk consume`, and what `museum kiosk status` says of the stream."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from museum_assets.cli import kiosk_stream as module
from museum_assets.cli.kiosk_files import show_status
from museum_assets.cli.kiosk_stream import ConsumerLines
from museum_assets.kiosk.stream.stream import StreamBooks, consume
from museum_assets.museums import kiosks
from resources.kafka import Kafka
from resources.platform import Platform
from resources.postgres import Database
from tests.support.clock import StoppedClock
from tests.support.kafka_broker import running_broker


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StoppedClock:
    clock = StoppedClock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    said: list[str] = []
    monkeypatch.setattr(module, "print_line", said.append)
    yield said


def test_a_rate_counts_no_idle_time_and_no_handful(clock: StoppedClock, said: list[str]) -> None:
    lines, books = ConsumerLines("lmnh"), StreamBooks(sites=1)
    books.loaded, books.worked, books.lag = 5_000, 0.25, 700
    lines(books)
    clock.now += 3600
    books.loaded, books.worked, books.lag = 5_600, 0.30, 100
    lines(books)
    clock.now += 5
    books.loaded, books.worked = 5_601, 0.31
    lines(books)  # too soon
    clock.now += 5
    books.loaded, books.worked, books.lag = 5_603, 0.31, 0
    lines(books)
    clock.now += 10
    lines(books)  # nothing came
    assert [line.partition("replayed; ")[2] for line in said] == ["20,000/s; 700 left", "12,000/s; 100 left", "0 left"]


def test_it_says_why_nothing_is_loaded_once(clock: StoppedClock, said: list[str]) -> None:
    lines = ConsumerLines("lmnh", every=0)
    books = StreamBooks(rejected=5_221, reasons=Counter(unknown_site=5_221, missing_at=3))
    lines(books)
    books.rejected += 1
    lines(books)
    assert len(said) == 3
    assert "5,221 rejected (unknown_site 5,221, missing_at 3)" in said[0]
    assert "no exhibition is known yet" in said[1]
    assert "load by themselves when the exhibitions' files lmnh_exhibition_*.json come" in said[1]


def test_lost_offsets_are_said_at_once(clock: StoppedClock, said: list[str]) -> None:
    lines, books = ConsumerLines("lmnh"), StreamBooks(loaded=1, sites=1)
    lines(books)
    books.losses.append("offsets 3 to 9 of lmnh[0] were deleted")
    lines(books)
    lines(books)
    assert len(said) == 2
    assert said[1].startswith("lmnh: offsets 3 to 9 of lmnh[0] were deleted. `museum dead-letters list --source")


def test_status_shows_lag_losses_and_what_waits(
    platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    press = json.dumps({"at": "2024-10-21T09:21:24.25+01:00", "site": "5", "val": 4}).encode()
    with running_broker() as broker:
        broker.produce("lmnh", [press] * 3, partition=0)
        consume(database, kiosks("lmnh"), Kafka({"bootstrap.servers": broker.servers}), lambda: False, catch_up=True)
    with running_broker() as other:  # the topic is made anew
        other.produce("lmnh", [press], partition=0)
        kafka = Kafka({"bootstrap.servers": other.servers})
        consume(database, kiosks("lmnh"), kafka, lambda: False, catch_up=True)
        other.produce("lmnh", [press] * 2, partition=0)
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", other.servers)
        show_status(["lmnh", "lms"], limit=1, as_json=True)
        shown = json.loads(capsys.readouterr().out)
        show_status(["lmnh", "lms"], limit=1, as_json=False)
        text = capsys.readouterr().out
    (stream,) = shown["lmnh"]["streams"]
    assert stream.pop("last_read")
    assert stream == {"topic": "lmnh", "messages": 4, "exhibitions": 0, "losses": 1, "waiting": 4, "is_read": False,
                      "lag": 2, "lag_unknown": None}  # fmt: skip
    (unread,) = shown["lms"]["streams"]
    assert (unread["messages"], unread["lag"], unread["last_read"]) == (0, None, None)
    assert "have no topic lms" in unread["lag_unknown"]
    assert "lmnh: offsets were lost 1 times before they were read" in text
    assert "lmnh: no exhibition is known yet" in text
