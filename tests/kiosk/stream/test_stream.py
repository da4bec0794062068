"""The live stream on a real broker: exactly once, every refusal explained."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from museum_assets.catalogue import letter_sources
from museum_assets.dead_letters.letters import LetterFilter, open_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.kiosk.stream import stream as module
from museum_assets.kiosk.stream.position import BatchBooks, PositionMoved, advance, stored_positions
from museum_assets.kiosk.stream.stream import StreamBooks, consume
from museum_assets.museums import kiosks
from resources.kafka import Kafka, KafkaUnavailable, TopicMissing
from resources.postgres import Busy, Database
from tests.support.kafka_broker import Broker, running_broker
from tests.support.kiosk_tables import add_exhibitions, books, presses, reasons

LMNH = kiosks("lmnh")
GOOD: dict[str, Any] = {"at": "2024-10-21T09:21:24.254719+01:00", "site": "5", "val": 4}


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker() as broker:
        yield broker


@pytest.fixture
def tables(database: Database) -> Database:
    add_exhibitions(database, "lmnh", range(6))
    return database


def press(second: int, **change: Any) -> bytes:
    return json.dumps(GOOD | {"at": f"2024-10-21T09:21:{second:02d}.254719+01:00"} | change).encode()


def catch_up(tables: Database, broker: Broker, slug: str = "lmnh") -> StreamBooks:
    kafka = Kafka({"bootstrap.servers": broker.servers}, answer_within=5)
    return consume(tables, kiosks(slug), kafka, lambda: False, catch_up=True)


def counts(read: StreamBooks) -> tuple[int, int, int, int]:
    return read.messages, read.loaded, read.duplicate, read.rejected


def test_real_messages(tables: Database, broker: Broker, shared: Path) -> None:
    """1,032 of one morning's 1,240 messages are presses, all of them distinct; 208 break a rule."""
    lines = (shared / "data/kiosk_stream/lmnh_2024-10.ndjson").read_bytes().splitlines()
    broker.produce("lmnh", lines)
    read = catch_up(tables, broker)
    assert counts(read) == (1240, 1032, 0, 208)
    assert read.lag == 0
    with tables.connect() as conn:
        assert books(conn, "lmnh") == (1240, 1032, 0, 208)
        assert len(presses(conn, "lmnh")) == 1032
        # A morning in British Summer Time: 09:21 at the kiosk is 08:21 UTC.
        assert presses(conn, "lmnh")[0][:2] == (datetime.fromisoformat("2024-10-21T08:21:24.254719+00:00"), 5)
        assert sum(1 for _ in open_letters(conn, "kiosk_stream", "lmnh")) == 208
        assert reasons(conn, "lmnh") == read.reasons
    assert counts(catch_up(tables, broker)) == (0, 0, 0, 0)


def test_a_letter_tells_where_it_came_from_and_why(tables: Database, broker: Broker) -> None:
    body = json.dumps({"site": "9", "val": True, "type": "ERR"}).encode()
    broker.produce("lmnh", [press(1), body, None, b"\xff\x00", press(2)], partition=3)
    assert counts(catch_up(tables, broker)) == (5, 2, 0, 3)
    with tables.connect() as conn:
        first, tombstone, broken = open_letters(conn)
    assert (first.place, first.body) == ("lmnh[3]@1", body)
    assert first.reasons == ["missing_at", "unknown_site", "val_not_an_integer", "type_not_an_integer"]
    assert {name: first.context[name] for name in ("topic", "partition", "offset", "site")} == {
        "topic": "lmnh", "partition": 3, "offset": 1, "site": 9}  # fmt: skip
    assert datetime.fromisoformat(first.context["broker_time"]).year >= 2024
    assert (tombstone.place, tombstone.reasons, tombstone.body) == ("lmnh[3]@2", ["tombstone"], b"")
    assert (broken.reasons, broken.body) == (["not_json"], b"\xff\x00")


def test_a_press_delivered_again_is_a_duplicate(tables: Database, broker: Broker) -> None:
    broker.produce("lmnh", [press(1), press(2), press(1)], partition=0)
    assert counts(catch_up(tables, broker)) == (3, 2, 1, 0)
    broker.produce("lmnh", [press(2), press(3)], partition=1)
    assert counts(catch_up(tables, broker)) == (2, 1, 1, 0)
    with tables.connect() as conn:
        assert books(conn, "lmnh") == (5, 3, 2, 0)
        assert len(presses(conn, "lmnh")) == 3


def test_two_museums_have_topics_hours_and_books_of_their_own(tables: Database, broker: Broker) -> None:
    add_exhibitions(tables, "lms", range(2))
    both = [press(1, site="1"), press(2, site="1", at="2024-10-21T11:00:00.5+01:00")]
    for slug in ("lmnh", "lms"):
        broker.produce(slug, both)
    assert counts(catch_up(tables, broker, "lmnh")) == (2, 2, 0, 0)
    read = catch_up(tables, broker, "lms")
    assert counts(read) == (2, 1, 0, 1)
    assert read.reasons == {"outside_opening_hours": 1}
    with tables.connect() as conn:
        assert (len(presses(conn, "lmnh")), len(presses(conn, "lms"))) == (2, 1)


def test_a_message_waits_for_its_site_and_loads_by_itself(tables: Database, broker: Broker) -> None:
    broker.produce("lmnh", [press(1), press(2, site="6"), press(3, site="7"), press(4, site="6", val=9)], partition=0)
    read = catch_up(tables, broker)
    assert counts(read) == (4, 1, 0, 3)
    assert read.reasons == {"unknown_site": 3, "val_out_of_range": 1}
    add_exhibitions(tables, "lmnh", [6])
    read = catch_up(tables, broker)
    assert (read.messages, read.replayed) == (0, 1)
    with tables.connect() as conn:
        assert books(conn, "lmnh") == (4, 2, 0, 2)
        assert reasons(conn, "lmnh") == {"unknown_site": 1, "val_out_of_range": 1}
        assert [letter.replays for letter in open_letters(conn, reason="val_out_of_range")] == [1]
        assert [site for _, site, *_ in presses(conn, "lmnh")] == [5, 6]
    # What is settled, or waits for another site, is not tried again.
    catch_up(tables, broker)
    with tables.connect() as conn:
        assert [letter.replays for letter in open_letters(conn)] == [0, 1]


def test_a_site_that_is_known_while_the_consumer_runs(
    tables: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PARTITIONS_EVERY_SECONDS", 0.1)
    broker.produce("lmnh", [press(1, site="6")])
    stopped, seen = threading.Event(), StreamBooks()

    def on_progress(now: StreamBooks) -> None:
        if now.rejected and not seen.rejected:
            seen.rejected = now.rejected
            add_exhibitions(tables, "lmnh", [6])
        if now.replayed:
            stopped.set()

    timer = threading.Timer(30, stopped.set)
    timer.start()
    read = consume(tables, LMNH, Kafka({"bootstrap.servers": broker.servers}), stopped.is_set, on_progress=on_progress)
    timer.cancel()
    assert (read.rejected, read.replayed) == (1, 1)


def test_catching_up_goes_on_while_messages_come_and_ends_when_none_does(tables: Database, broker: Broker) -> None:
    broker.produce("lmnh", [press(1)], partition=0)
    sent: list[int] = []

    def on_progress(now: StreamBooks) -> None:
        if now.messages > len(sent) and len(sent) < 3:  # each one is answered with another
            sent.append(now.messages)
            broker.produce("lmnh", [press(2 + len(sent))], partition=len(sent))

    kafka = Kafka({"bootstrap.servers": broker.servers})
    read = consume(tables, LMNH, kafka, lambda: False, catch_up=True, quiet_seconds=3, on_progress=on_progress)
    assert (counts(read), read.lag) == ((4, 4, 0, 0), 0)
    assert read.seconds >= 3
    assert read.worked < read.seconds - 2, "the seconds in which nothing came are no work"


def test_the_lag_is_known_while_a_backlog_is_read(tables: Database, broker: Broker) -> None:
    broker.produce("lmnh", [press(n % 60) for n in range(module.BATCH_MESSAGES + 500)], partition=0)
    lags: list[int] = []
    kafka = Kafka({"bootstrap.servers": broker.servers})
    consume(tables, LMNH, kafka, lambda: False, catch_up=True, on_progress=lambda now: lags.append(now.lag))
    assert lags[0] + module.BATCH_MESSAGES >= module.BATCH_MESSAGES + 500
    assert lags[-1] == 0


def test_a_replay_reads_by_the_time_of_arrival(tables: Database, broker: Broker) -> None:
    """What came from the future then does not become the past by waiting."""
    broker.produce("lmnh", [press(1, at="2999-01-01T10:00:00+00:00")], partition=0)
    assert catch_up(tables, broker).reasons == {"in_the_future": 1}
    done = replay_letters(tables, letter_sources(), LetterFilter("kiosk_stream"), "ann")
    assert (done.replayed, done.refused) == (0, 1)
    with tables.connect() as conn, conn.transaction():
        # The same letter, had it arrived a thousand years later.
        conn.execute("UPDATE ops.dead_letter SET arrived_at = '3000-01-01'")
    done = replay_letters(tables, letter_sources(), LetterFilter("kiosk_stream"), "ann")
    assert (done.replayed, done.refused) == (1, 0)
    with tables.connect() as conn:
        assert books(conn, "lmnh") == (1, 1, 0, 0)
        row = conn.execute("SELECT state, settled_by, replays FROM ops.dead_letter").fetchone()
    assert row == {"state": "replayed", "settled_by": "ann", "replays": 1}


@pytest.mark.usefixtures("impatient")
def test_an_overlapping_consumer_is_refused_and_one_without_the_lock_writes_nothing(
    tables: Database, broker: Broker
) -> None:
    broker.produce("lmnh", [press(1)], partition=0)
    with (
        tables.lock("lmnh", "kiosk_stream"),
        pytest.raises(Busy, match="another run is working on kiosk_stream of lmnh"),
    ):
        catch_up(tables, broker)
    assert catch_up(tables, broker).loaded == 1
    with tables.connect() as conn:
        now = stored_positions(conn, "lmnh", "lmnh")[0]
        with pytest.raises(PositionMoved, match=r"read lmnh\[0\] on from offset 0"), conn.transaction():
            advance(conn, replace(now, next_offset=0), now, BatchBooks(loaded=1))
        assert books(conn, "lmnh") == (1, 1, 0, 0)


def test_a_broker_or_topic_that_is_not_there(tables: Database, broker: Broker) -> None:
    with pytest.raises(TopicMissing, match="no topic lmnh: create it"):
        catch_up(tables, broker)
    gone = Kafka({"bootstrap.servers": "127.0.0.1:1"}, answer_within=1)
    with pytest.raises(KafkaUnavailable, match=r"127\.0\.0\.1:1.*Check that they run"):
        consume(tables, LMNH, gone, lambda: False, catch_up=True)
    with tables.lock("lmnh", "kiosk_stream"):
        pass  # the lock is free again


def test_a_huge_message_is_refused_whole_and_read_past(tables: Database, broker: Broker) -> None:
    huge = b'{"at": "' + b"x" * 900_000 + b'"}'
    broker.produce("lmnh", [press(1), huge, press(2)], partition=0)
    assert counts(catch_up(tables, broker)) == (3, 2, 0, 1)
    with tables.connect() as conn:
        (letter,) = open_letters(conn)
    assert letter.body == huge
