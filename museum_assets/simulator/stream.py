"""Simulates the kiosks' live stream: visitors who press, on a broker in this process or on given ones."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.museums.kiosk_museum import KioskMuseum
from museum_assets.simulator.kiosk import EXHIBITS, LATE, MONDAY

BACKLOG = 204
"""Messages that wait in each topic when the kiosks open."""
BROKEN_MESSAGES = (b"not json", b'{"at": "yesterday", "site": "0", "val": 3}', b'{"site": "0", "val": 9}')
BROKEN_EVERY = 50
GROUP = 20
"""Messages of a group of visitors, one a second. With pauses between the groups a run that reads as long as messages
come has an end, and the report after it shows them."""
PAUSE_SECONDS = 160.0


@contextmanager
def stream(
    given: Mapping[str, Any] | None = None,
    prefix: str = "",
    *,
    opened: bool = True,
    pause: float = PAUSE_SECONDS,
    between: float = 1.0,
) -> Iterator[str]:
    """Have visitors press during the block; yield the brokers' address. Raises TimeoutError and KafkaException.

    `given` is librdkafka's configuration for brokers that are there; without it one runs in this process. Topics have
    `prefix` before the museum's slug. `between` are the seconds from press to press. Unless `opened`, visitors wait
    until `open_kiosks` was called.
    """
    with nullcontext(dict(given)) if given else _own_broker() as client:
        if given:
            _make_topics(client, prefix)
        closing = threading.Event()
        visitors = threading.Thread(
            target=_visit, args=(client, prefix, closing, pause, between), name="visitors", daemon=True
        )
        visitors.start()
        if opened:
            open_kiosks(client, prefix)
        try:
            yield str(client["bootstrap.servers"])
        finally:
            closing.set()
            visitors.join()


@contextmanager
def _own_broker() -> Iterator[dict[str, Any]]:
    """Run librdkafka's own broker in this process; yield the configuration of its clients in any process."""
    from confluent_kafka import Producer

    owner = Producer({"bootstrap.servers": "replaced", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = owner.list_topics(timeout=10).brokers.values()
    try:
        yield {"bootstrap.servers": ",".join(f"{broker.host}:{broker.port}" for broker in brokers)}
    finally:
        del owner


def _make_topics(client: Mapping[str, Any], prefix: str) -> None:
    """Make the topics that the brokers lack: a real one makes none by itself. Raises KafkaException."""
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    admin = AdminClient({**client, "log_level": 0})
    missing = {f"{prefix}{slug}" for slug in KIOSK_MUSEUMS} - admin.list_topics(timeout=30).topics.keys()
    for made in admin.create_topics([NewTopic(name) for name in sorted(missing)]).values() if missing else ():
        made.result(30)


def remove_topics(client: Mapping[str, Any], prefix: str) -> list[str]:
    """Delete the topics from given brokers; return their names. Raises KafkaException."""
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({**client, "log_level": 0})
    names = sorted({f"{prefix}{slug}" for slug in KIOSK_MUSEUMS} & admin.list_topics(timeout=30).topics.keys())
    for gone in admin.delete_topics(names).values() if names else ():
        gone.result(30)
    return names


def open_kiosks(client: Mapping[str, Any], prefix: str = "") -> None:
    """Put a morning's presses into each topic. Raises TimeoutError."""
    from confluent_kafka import Producer

    producer = Producer({**client, "log_level": 0})
    for slug in KIOSK_MUSEUMS:
        for body in islice(messages(kiosks(slug)), BACKLOG):
            producer.produce(f"{prefix}{slug}", body, partition=0)
    if producer.flush(30):
        raise TimeoutError("the brokers did not take the simulated messages within 30 s")


def _is_open(client: Mapping[str, Any], topic: str) -> bool:
    """Say whether somebody has pressed."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({**client, "log_level": 0, "group.id": "simulated-visitors", "enable.auto.commit": False})
    try:
        # The simulated broker has no topic that nobody wrote to, and would make it when asked for its offsets.
        if topic not in consumer.list_topics(timeout=10).topics:
            return False
        return bool(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1])
    finally:
        consumer.close()


def _visit(client: Mapping[str, Any], prefix: str, closing: threading.Event, pause: float, between: float) -> None:
    """Press in groups once the kiosks are open, until they close."""
    from confluent_kafka import Producer

    producer = Producer({**client, "log_level": 0})
    bodies = {f"{prefix}{slug}": islice(messages(kiosks(slug)), BACKLOG, None) for slug in KIOSK_MUSEUMS}
    while not all(_is_open(client, topic) for topic in bodies):
        if closing.wait(min(pause, 1.0)):
            return
    while not closing.wait(pause):
        for _ in range(GROUP):
            for topic, each in bodies.items():
                producer.produce(topic, next(each), partition=0)
            producer.poll(0)
            if closing.wait(between):
                return


def messages(museum: KioskMuseum) -> Iterator[bytes]:
    """Yield the bodies of a museum's messages without an end: presses in the order of time, broken ones in between.

    The presses are of the day before the history files begin, then of the days before that one: each day has one
    origin, and every open day has presses.
    """
    chance = random.Random(f"{museum.slug}/stream")  # noqa: S311  nothing secret
    sites = [site for site in range(len(EXHIBITS[museum.slug])) if site != LATE.get(museum.slug)]
    for number, at in enumerate(_times(museum, chance), 1):
        yield json.dumps(_press(chance, at, chance.choice(sites))).encode()
        if number % BROKEN_EVERY == 0:
            yield BROKEN_MESSAGES[number // BROKEN_EVERY % len(BROKEN_MESSAGES)]


def _times(museum: KioskMuseum, chance: random.Random) -> Iterator[datetime]:
    for days in count(1):
        day = MONDAY - timedelta(days=days)
        if day.weekday() in museum.closed_on:
            continue
        at = datetime.combine(day, museum.opens, museum.timezone)
        while (at := at + timedelta(seconds=chance.randrange(5, 90))).time() <= museum.closes:
            yield at


def _press(chance: random.Random, at: datetime, site: int) -> dict[str, Any]:
    press: dict[str, Any] = {"at": at.isoformat(), "site": str(site), "val": chance.randrange(5)}
    if chance.random() < 0.03:
        press |= {"val": -1, "type": 0}
    return press
