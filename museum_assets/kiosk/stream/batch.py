"""Turns messages of one partition into presses and dead letters, and loads the presses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson

from museum_assets.dead_letters.letters import Letter
from museum_assets.kiosk.files.history import ABSENT
from museum_assets.kiosk.files.merge import PRESS_ROW
from museum_assets.kiosk.letters import KIOSK_STREAM
from museum_assets.kiosk.load import LoadCounts, encode_presses, load_staged, stage_presses
from museum_assets.kiosk.stream.message import Press, RefusalReasons, read_message
from museum_assets.kiosk.stream.position import Position
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.kafka import Message
from resources.postgres import Connection

UNKNOWN_SITE = "unknown_site"
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class SortedMessages:
    """Each message as a press or a dead letter. `reasons` counts the letters' reasons."""

    presses: list[Press] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def sort_messages(
    messages: Iterable[Message], museum: KioskMuseum, position: Position, sites: AbstractSet[int], now: datetime
) -> SortedMessages:
    """Sort messages of the partition at `position`. `sites` are the known ones, `now` is the time of arrival."""
    result = SortedMessages()
    for message in messages:
        read = (
            RefusalReasons(("tombstone",)) if message.body is None else read_message(message.body, museum, sites, now)
        )
        if isinstance(read, Press):
            result.presses.append(read)
        else:
            result.reasons.update(read.reasons)
            result.letters.append(_letter(message, museum.slug, position, read))
    return result


def _letter(message: Message, slug: str, position: Position, refusal: RefusalReasons) -> Letter:
    context: dict[str, Any] = {
        "topic": position.topic,
        "partition": position.partition,
        "offset": message.offset,
        "generation": position.generation,
        "broker_time": broker_time(message.timestamp),
    }
    body = message.body or b""
    if UNKNOWN_SITE in refusal.reasons:
        # The letter is replayed when this site gets an exhibition.
        context["site"] = int(orjson.loads(body)["site"])
    return Letter(KIOSK_STREAM.name, slug, position.place(message.offset), refusal.reasons, body, context=context)


def broker_time(milliseconds: int | None) -> str | None:
    """Return a broker's timestamp as ISO text in UTC. Return None for None and for a number outside the calendar."""
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return None


def load_presses(conn: Connection, museum: KioskMuseum, presses: Sequence[Press]) -> LoadCounts:
    """Load presses in the caller's transaction. One that the tables have already counts as a duplicate."""
    if not presses:
        return LoadCounts(0, 0)
    rows = np.zeros(len(presses), PRESS_ROW)
    rows["at"] = [(press.at - UNIX_EPOCH) // MICROSECOND for press in presses]
    rows["site"] = [press.site for press in presses]
    rows["val"] = [press.val for press in presses]
    rows["type"] = [ABSENT if press.type is None else press.type for press in presses]
    # A kiosk's clock tells microseconds, so two equal presses are one, delivered twice: docs/decisions/0007.
    rows["occurrence"] = 1
    return load_staged(conn, stage_presses(conn, museum, "s", encode_presses(rows)))
