"""Offsets that can no longer be read: retention passed them, or the topic was made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from museum_assets.catalogue import letter_sources
from museum_assets.dead_letters.letters import LetterFilter, open_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.kiosk.stream.position import stored_positions
from museum_assets.kiosk.stream.stream import StreamBooks, consume
from museum_assets.museums import kiosks
from resources.kafka import Kafka
from resources.postgres import Database
from tests.support.kafka_broker import Broker, on_its_own, running_broker
from tests.support.kiosk_tables import add_exhibitions, books, presses, reasons


@pytest.fixture
def tables(database: Database) -> Database:
    add_exhibitions(database, "lmnh", range(6))
    return database


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker() as broker:
        yield broker


def press(number: int, **change: Any) -> bytes:
    at = f"2024-10-21T{9 + number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.5+01:00"
    return json.dumps({"at": at, "site": "1", "val": 3} | change).encode()


def catch_up(tables: Database, broker: Broker) -> StreamBooks:
    kafka = Kafka({"bootstrap.servers": broker.servers}, answer_within=5)
    return consume(tables, kiosks("lmnh"), kafka, lambda: False, catch_up=True)


@on_its_own
def test_what_retention_took_is_named_and_reading_goes_on(tables: Database, broker: Broker) -> None:
    broker.produce("lmnh", [press(n) for n in range(3)], partition=0)
    assert catch_up(tables, broker).loaded == 3
    # The broker keeps 5 MiB of a partition.
    broker.produce("lmnh", [b"x" * 100_000] * 100, partition=0)
    broker.produce("lmnh", [press(5)], partition=0)
    read = catch_up(tables, broker)
    assert (len(read.losses), read.loaded) == (1, 1)
    assert "were deleted by the brokers before they were read" in read.losses[0]
    with tables.connect() as conn:
        (letter,) = open_letters(conn, reason="offsets_lost")
        assert books(conn, "lmnh")[0] == 3 + read.messages
        assert stored_positions(conn, "lmnh", "lmnh")[0].next_offset == 104
    first, last = 3, 104 - read.messages - 1
    assert letter.place == f"lmnh[0]@{first}-{last}"
    assert letter.context["at_most"] == last - first + 1
    assert f"offsets {first} to {last} of lmnh[0] were deleted" in str(letter.message)
    # There is nothing to replay, which is said and changes no books.
    done = replay_letters(tables, letter_sources(), LetterFilter("kiosk_stream", reason="offsets_lost"), "ann")
    assert (done.replayed, done.refused) == (0, 1)


@pytest.mark.parametrize("length", [2, 4, 9])
def test_a_topic_made_anew_is_noticed_however_long_it_is_by_then(tables: Database, broker: Broker, length: int) -> None:
    """Shorter than the position, as long, and longer: then only the message before the position tells."""
    broker.produce("lmnh", [*(press(n) for n in range(3)), press(3, val=9)], partition=0)
    assert catch_up(tables, broker).messages == 4
    with running_broker() as other:
        # The first three are delivered again, the rest is new; the fourth stands where a letter's message stood.
        bodies = [*(press(n) for n in range(3)), press(50, val=7), *(press(60 + n) for n in range(9))][:length]
        other.produce("lmnh", bodies, partition=0)
        read = catch_up(tables, other)
        assert (len(read.losses), read.messages) == (1, length)
        assert read.duplicate == min(length, 3)
        again = catch_up(tables, other)
        assert (again.messages, len(again.losses)) == (0, 0)
    with tables.connect() as conn:
        assert books(conn, "lmnh")[0] == 4 + length
        letters = {letter.place: letter.reasons for letter in open_letters(conn)}
        assert letters.pop("lmnh[0]@4-") == ["offsets_lost"]
        assert letters.pop("lmnh[0]@3") == ["val_out_of_range"]
        assert letters == ({"lmnh[0]~1@3": ["val_out_of_range"]} if length > 3 else {})
        assert stored_positions(conn, "lmnh", "lmnh")[0].generation == 1
        assert len(presses(conn, "lmnh")) == 3 + max(length - 4, 0)


def test_the_same_topic_is_known_again(tables: Database, broker: Broker) -> None:
    broker.produce("lmnh", [press(1), None, press(2)], partition=0)
    catch_up(tables, broker)
    broker.produce("lmnh", [None, press(3)], partition=0)
    for messages in (2, 0):
        read = catch_up(tables, broker)
        assert (read.messages, len(read.losses)) == (messages, 0)
    with tables.connect() as conn:
        assert reasons(conn, "lmnh") == {"tombstone": 2}


def test_a_partition_seen_for_the_first_time_loses_nothing(tables: Database, broker: Broker) -> None:
    broker.produce("lmnh", [b"x" * 100_000] * 60 + [press(1)], partition=2)
    read = catch_up(tables, broker)
    assert (len(read.losses), read.loaded) == (0, 1)
    assert read.lag == 0
