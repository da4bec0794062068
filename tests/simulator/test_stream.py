"""The made-up live stream: what visitors press, and the broker that they press on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

import pytest

from museum_assets.kiosk.stream.message import Press, read_message
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.simulator.kiosk import EXHIBITS, LATE, MONDAY
from museum_assets.simulator.stream import BACKLOG, BROKEN_EVERY, messages, open_kiosks, stream
from resources.kafka import Kafka, TopicMissing, TopicReader
from tests.support.clock import wait_until

DAYS = 3


@pytest.mark.parametrize("slug", KIOSK_MUSEUMS)
def test_all_but_the_broken_ones_are_presses_of_days_without_a_gap(slug: str) -> None:
    museum = kiosks(slug)
    sites = {site for site in range(len(EXHIBITS[slug])) if site != LATE.get(slug)}
    bodies = list(islice(messages(museum), 3_000))
    assert bodies == list(islice(messages(museum), 3_000))
    read = [read_message(body, museum, sites, datetime(2026, 1, 1, tzinfo=UTC)) for body in bodies]
    presses = [each for each in read if isinstance(each, Press)]
    assert len(presses) == len(bodies) - len(bodies) // (BROKEN_EVERY + 1)
    assert len({press.at for press in presses}) == len(presses), "none of them counts as a duplicate"
    days = sorted({press.at.date() for press in presses})
    assert len(days) >= DAYS
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert days[-1] == (MONDAY - timedelta(days=1)).date()


def pressed_after_the_backlog(reader: TopicReader) -> bool:
    return reader.watermarks(0)[1] > BACKLOG + 5


def test_visitors_come_when_the_kiosks_are_open_and_go_on_pressing() -> None:
    with stream(opened=False, pause=0.1, between=0.01) as servers:
        with Kafka({"bootstrap.servers": servers}).reader("lmnh") as reader, pytest.raises(TopicMissing):
            reader.partitions()
        open_kiosks({"bootstrap.servers": servers})
        for slug in KIOSK_MUSEUMS:
            with Kafka({"bootstrap.servers": servers}).reader(slug) as reader:
                wait_until(partial(pressed_after_the_backlog, reader))
