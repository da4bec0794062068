"""Simulates the kiosks' live stream: a broker in this process, and visitors who press while it runs."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
def stream(*, opened: bool = True, pause: float = PAUSE_SECONDS, between: float = 1.0) -> Iterator[str]:
    """Run the broker and its visitors during the block; yield its address. Raises TimeoutError.

    `between` are the seconds from press to press. Unless `opened`, visitors wait until `open_kiosks` was called.
    """
    from confluent_kafka import Producer

    # The broker runs inside librdkafka; clients in other processes reach it by its address.
    owner = Producer({"bootstrap.servers": "replaced", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = owner.list_topics(timeout=10).brokers.values()
    servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    closing = threading.Event()
    visitors = threading.Thread(target=_visit, args=(servers, closing, pause, between), name="visitors", daemon=True)
    visitors.start()
    if opened:
        open_kiosks(servers)
    try:
        yield servers
    finally:
        closing.set()
        visitors.join()
        del owner


def open_kiosks(servers: str) -> None:
    """Put a morning's presses into each topic of the simulated broker. Raises TimeoutError."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": servers})
    for slug in KIOSK_MUSEUMS:
        for body in islice(messages(kiosks(slug)), BACKLOG):
            producer.produce(slug, body, partition=0)
    if producer.flush(30):
        raise TimeoutError("the simulated stream did not take its messages")


def _visit(servers: str, closing: threading.Event, pause: float, between: float) -> None:
    """Press in groups once the kiosks are open, until they close."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": servers, "log_level": 0})
    bodies = {slug: islice(messages(kiosks(slug)), BACKLOG, None) for slug in KIOSK_MUSEUMS}
    # A topic is there as soon as it got a message.
    while not bodies.keys() <= producer.list_topics(timeout=10).topics.keys():
        if closing.wait(min(pause, 1.0)):
            return
    while not closing.wait(pause):
        for _ in range(GROUP):
            for slug, each in bodies.items():
                producer.produce(slug, next(each), partition=0)
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
